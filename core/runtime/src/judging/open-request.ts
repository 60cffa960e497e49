import {
  parseDuration,
  type ApprovalRequest,
  type GuardResult,
  type JsonValue,
  type Transition,
} from '@loop-engine/core'

import { askedBy } from './approval-view.ts'
import type { Attempt } from './attempt.ts'

/** The channel that hears only of the end of a request, and only if the requester asked to be called back. */
export const callbackChannel = 'callback'

/** The request that asks people about an attempt; undefined when the transition has no policy. */
export function openRequest(
  { kernel, loop, instance, command, evidence, callbackUrl }: Attempt,
  transition: Transition,
  at: number,
  actionDigest: string,
  effectInput: JsonValue | undefined,
  guards: readonly GuardResult[],
): ApprovalRequest | undefined {
  const policy = transition.approval
  if (!policy) return undefined
  const expiresAt = at + parseDuration(policy.expiresIn)
  const trace = kernel.telemetry?.carry()
  return {
    id: `${instance.runId}:${instance.version + 1}`,
    tenant: instance.tenant,
    loopId: instance.loopId,
    aggregateId: instance.aggregateId,
    runId: instance.runId,
    transitionId: transition.id,
    requester: command.actor,
    revision: 1,
    stateVersion: instance.stateVersion,
    ...askedBy({
      loop,
      instance,
      transition,
      requester: command.actor,
      evidence,
      actionDigest,
      effectInput,
      guards,
      policy,
      expiresAt,
    }),
    policy,
    stage: 0,
    decisions: [],
    delegations: [],
    escalated: [],
    status: 'pending',
    messages: callbackUrl === undefined ? {} : { [callbackChannel]: { url: callbackUrl } },
    createdAt: at,
    expiresAt,
    decidedAt: null,
    executedBy: null,
    ...(trace && { trace }),
  }
}
