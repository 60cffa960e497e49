import { LoopError, type JsonObject, type OutboxClaim } from '@loop-engine/core'

import type { Delivery } from './delivery.ts'
import type { Kernel } from './kernel.ts'
import { unregistered } from './unregistered.ts'

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
  if (!channel) return unregistered(kernel, 'channel', claim.name)
  const request = await kernel.store.approval(claim.tenant, requestId)
  if (!request) return { kind: 'dead', error: 'corrupt: The request of a notice is gone.' }
  const known = request.messages[channel.name] as JsonObject | undefined
  const context = { signal, idempotencyKey: claim.id }

  const announces = known === undefined || occasion === 'reminder' || occasion === 'escalated'
  if (!announces) {
    const next = await channel.update?.(known, request, request.view, context)
    if (next === undefined) return { kind: 'done' }
    return remember(kernel, claim, requestId, channel.name, next)
  }
  // Nobody needs to be asked about what is decided already.
  if (request.status !== 'pending') return { kind: 'done' }
  const ref = await channel.notify(request, request.view, context)
  if (ref === undefined) return { kind: 'done' }
  return remember(kernel, claim, requestId, channel.name, ref)
}

/** Keeps the channel's reference, which the next notice repaints. */
async function remember(
  kernel: Kernel,
  { tenant, id, fence }: OutboxClaim,
  requestId: string,
  channel: string,
  ref: JsonObject,
): Promise<Delivery> {
  const lease = { id, fence }
  const isKept = await kernel.store.keepMessage({ tenant, requestId, channel, ref, lease })
  if (isKept) return { kind: 'done' }
  throw new LoopError('fenced', 'The lease was lost to another worker.')
}
