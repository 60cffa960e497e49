import {
  digestOf,
  toPointerToken,
  type ApprovalPolicy,
  type ApprovalRequest,
  type ApprovalView,
  type GuardResult,
  type JsonValue,
  type Actor,
  type LoopInstance,
  type Transition,
} from '@loop-engine/core'

import type { LoopIndex } from './decide/loop-index.ts'
import type { Evidence } from './evidence.ts'

interface Question {
  readonly loop: LoopIndex
  readonly instance: LoopInstance
  readonly transition: Transition
  readonly requester: Actor
  readonly evidence: Evidence
  readonly actionDigest: string
  readonly effectInput: JsonValue | undefined
  readonly guards: readonly GuardResult[]
  readonly policy: ApprovalPolicy
  readonly expiresAt: number
}

/** The parts of a request that say what people are asked; an edit replaces them all. */
export function askedBy(
  question: Question,
): Pick<ApprovalRequest, 'evidence' | 'salt' | 'actionDigest' | 'view' | 'viewHash' | 'guards'> {
  const { evidence, actionDigest, guards } = question
  const view = renderView(question)
  return {
    evidence: evidence.value,
    salt: evidence.sealed?.salt ?? '',
    actionDigest,
    view,
    viewHash: digestOf(view),
    guards,
  }
}

/** Renders what a reviewer sees: from the action and its typed evidence alone. */
function renderView({
  loop,
  instance,
  transition,
  requester,
  evidence,
  effectInput,
  guards,
  policy,
  expiresAt,
}: Question): ApprovalView {
  const { definition } = loop
  // A block text in YAML ends with a line feed.
  const description = transition.description?.trim()
  const view: ApprovalView = {
    title: `${transition.id} on ${instance.aggregateId}`,
    loop: { id: definition.id, name: definition.name, version: definition.version },
    aggregateId: instance.aggregateId,
    transition: {
      id: transition.id,
      from: transition.from,
      to: transition.to,
      ...(description && { description }),
      ...(transition.risk && { risk: transition.risk }),
    },
    requester: {
      type: requester.type,
      id: requester.id,
      ...(requester.displayName && { displayName: requester.displayName }),
      ...(requester.modelId && { model: requester.servedModel ?? requester.modelId }),
      ...(requester.onBehalfOf && { onBehalfOf: requester.onBehalfOf.id }),
    },
    fields: Object.entries(evidence.value).map(([key, value]) => ({
      path: `/${toPointerToken(key)}`,
      label: key,
      value,
      fromModel: requester.type === 'ai-agent',
    })),
    warnings: guards
      .filter(({ passed }) => !passed)
      .map(({ id, message }) => message ?? `${id} did not pass`),
    ifNothing: policy.onExpiry
      ? `The request expires and the system takes "${policy.onExpiry}".`
      : `The request expires; the run stays in ${transition.from}.`,
    expiresAt,
  }
  if (!transition.effect || effectInput === undefined) return view
  const { integration, action } = transition.effect
  return { ...view, effect: { integration, action, input: effectInput } }
}
