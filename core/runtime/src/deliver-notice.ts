import {
  LoopError,
  type ApprovalRequest,
  type JsonObject,
  type OutboxClaim,
} from '@loop-engine/core'

import { readRequest } from './approvals/read-request.ts'
import { createChange } from './change.ts'
import type { Delivery } from './delivery.ts'
import { commitChange, type Kernel } from './kernel.ts'

/** Tells one channel about one change of a request: a new message the first time, a repaint after that. */
export async function deliverNotice(
  kernel: Kernel,
  claim: OutboxClaim,
  signal: AbortSignal,
): Promise<Delivery> {
  const { requestId, occasion } = JSON.parse(claim.payload) as {
    requestId: string
    occasion: string
  }
  const channel = kernel.channels.get(claim.name)
  if (!channel)
    return { kind: 'dead', error: 'invalid_config: The channel is not registered here.' }
  const request = await kernel.store.approval(claim.tenant, requestId)
  if (!request) return { kind: 'dead', error: 'corrupt: The request of a notice is gone.' }
  const known = request.messages[channel.name] as JsonObject | undefined
  const context = { signal, idempotencyKey: claim.id }

  const announces = known === undefined || occasion === 'reminder' || occasion === 'escalated'
  if (!announces) {
    const next = await channel.update?.(known, request, request.view, context)
    if (next === undefined) return { kind: 'done' }
    return remember(kernel, claim, request, channel.name, next)
  }
  // Nobody needs to be asked about what is decided already.
  if (request.status !== 'pending') return { kind: 'done' }
  const ref = await channel.notify(request, request.view, context)
  if (ref === undefined) return { kind: 'done' }
  return remember(kernel, claim, request, channel.name, ref)
}

/** Keeps the channel's reference and ends the delivery, in one commit. */
async function remember(
  kernel: Kernel,
  claim: OutboxClaim,
  { id, tenant, aggregateId }: ApprovalRequest,
  channel: string,
  ref: JsonObject,
): Promise<Delivery> {
  return kernel.runs.exclusive(tenant, aggregateId, async () => {
    for (let attempts = 0; attempts <= kernel.limits.conflictRetries; attempts++) {
      const { request, instance } = await readRequest(kernel, tenant, claim.runId, id)
      const change = createChange(instance)
      change.upsert({ ...request, messages: { ...request.messages, [channel]: ref } })
      const outcome = await commitChange(kernel, change, {
        scopes: [],
        settle: { id: claim.id, fence: claim.fence },
      })
      if (outcome.kind === 'committed') return { kind: 'settled' }
      if (outcome.kind === 'refused')
        throw new LoopError('fenced', 'The lease was lost to another worker.')
    }
    return { kind: 'retry', error: 'conflict: The run kept moving.' }
  })
}
