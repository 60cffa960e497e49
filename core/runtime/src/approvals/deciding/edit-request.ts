import {
  digestOf,
  LoopError,
  parseJson,
  type ApprovalRequest,
  type JsonValue,
} from '@loop-engine/core'

import { evidenceOf } from '../../judging/admit-actor.ts'
import { renderView } from '../../judging/approval-view.ts'
import { judge } from '../../judging/attempt.ts'
import type { Kernel } from '../../kernel.ts'
import type { DecideInput } from './decide-request.ts'
import type { Situation } from './on-request.ts'

/** The request with other evidence: a new revision, a new digest, a new view; earlier approvals no longer count. */
export async function edit(
  kernel: Kernel,
  { request, instance }: Situation,
  input: DecideInput,
): Promise<ApprovalRequest> {
  if (input.edits === undefined)
    throw new LoopError('invalid_input', 'An edit needs the evidence as it should be.', {
      path: '/edits',
    })
  const evidence = evidenceOf(kernel, input.edits)
  const loop = await kernel.loops.pinned(instance.definition.digest)
  const command = { transitionId: request.transitionId, actor: request.requester }
  const { ruling, guards } = await judge({
    kernel,
    loop,
    instance,
    command,
    evidence,
    approved: request,
  })
  const { actionDigest } = ruling.draft
  if (ruling.status !== 'executed' || !ruling.transition || actionDigest === undefined) {
    throw new LoopError('invalid_input', 'The edited evidence does not pass the guards.', {
      path: '/edits',
      details: {
        failed: guards
          .filter(({ passed, severity }) => !passed && severity === 'hard')
          .map(({ id }) => id),
      },
      hint: 'Change the evidence, or reject the request.',
    })
  }
  const effect = ruling.orders.find((order) => order.kind === 'effect')
  const effectInput = effect ? (parseJson(effect.input) as JsonValue) : undefined
  const view = renderView({
    loop,
    instance,
    transition: ruling.transition,
    requester: request.requester,
    evidence: evidence.value,
    effectInput,
    guards,
    policy: request.policy,
    expiresAt: request.expiresAt,
  })
  return {
    ...request,
    revision: request.revision + 1,
    stage: 0,
    evidence: evidence.value,
    salt: evidence.sealed?.salt ?? '',
    actionDigest,
    view,
    viewHash: digestOf(view),
    guards,
  }
}
