import { LoopError, parseJson, type ApprovalRequest, type JsonValue } from '@loop-engine/core'

import { askedBy } from '../../judging/approval-view.ts'
import { judge } from '../../judging/attempt.ts'
import { evidenceOf } from '../../judging/evidence.ts'
import type { Kernel } from '../../kernel.ts'
import type { DecideInput } from './decide-request.ts'
import type { Situation } from './on-request.ts'

/** The request with other evidence. That makes a new revision, for which earlier approvals do not count. */
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
  const asked = askedBy({
    loop,
    instance,
    transition: ruling.transition,
    requester: request.requester,
    evidence,
    actionDigest,
    effectInput: effect ? (parseJson(effect.input) as JsonValue) : undefined,
    guards,
    policy: request.policy,
    expiresAt: request.expiresAt,
  })
  return { ...request, revision: request.revision + 1, stage: 0, ...asked }
}
