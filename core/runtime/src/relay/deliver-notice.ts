import {
  isRecord,
  LoopError,
  snapshot,
  parseJson,
  parseRecord,
  type JsonObject,
  type OutboxClaim,
} from '@loop-engine/core'

import type { Delivery } from '../delivery.ts'
import type { Kernel } from '../kernel.ts'
import { compareWithRecord, recordedApproval } from '../reading/compare-with-record.ts'
import { unregistered } from '../unregistered.ts'

/** Tells one channel about one change of a request: a new message the first time, a repaint after that. */
export async function deliverNotice(
  kernel: Kernel,
  claim: OutboxClaim,
  signal: AbortSignal,
): Promise<Delivery> {
  const { requestId, occasion } = parseRecord(claim.payload) ?? {}
  const isOrdered =
    typeof requestId === 'string' &&
    typeof occasion === 'string' &&
    claim.id.startsWith(`${requestId}:${claim.name}:${occasion}:`)
  if (!isOrdered)
    throw new LoopError('corrupt', 'The notice of a request is not the one that was committed.')
  const channel = kernel.channels.get(claim.name)
  if (!channel) return unregistered(kernel, 'channel', claim.name)
  const run = await kernel.store.getRun(claim.tenant, claim.runId)
  const found = await kernel.store.approval(claim.tenant, requestId)
  if (!run || !found) return { kind: 'dead', error: 'corrupt: The request of a notice is gone.' }
  const changed = found.status === 'pending' && (await compareWithRecord(kernel, found, run))
  if (changed) throw changed
  // Programs may act on how a request ended, so that is told as the record has it.
  const request = found.status === 'pending' ? found : await recordedApproval(kernel, found)
  const known = request.messages[channel.name] as JsonObject | undefined
  const context = { signal, idempotencyKey: claim.id }

  const asksAgain = occasion === 'reminder' || occasion === 'escalated'
  // A channel that only an escalation named has a message to update, or nothing to do: it does not ask people anew.
  const isNamed = request.policy.channels?.includes(channel.name) ?? true
  if (known === undefined && !isNamed && !asksAgain) return { kind: 'done' }
  const announces = known === undefined || asksAgain
  if (!announces) {
    const next = readRef(kernel, await channel.update?.(known, request, request.view, context))
    if (next === undefined) return { kind: 'done' }
    return remember(kernel, claim, requestId, channel.name, next)
  }
  // Nobody is asked about a request that is decided or expired.
  if (request.status !== 'pending' || kernel.clock.now() >= request.expiresAt)
    return { kind: 'done' }
  const ref = readRef(kernel, await channel.notify(request, request.view, context))
  if (ref === undefined) return { kind: 'done' }
  return remember(kernel, claim, requestId, channel.name, ref)
}

/**
 * Reads a channel's reference to the message that it sent. A reference that no store can keep is dropped: the message cannot
 * be updated later, but people were told, and are not told again.
 */
function readRef({ limits, report }: Kernel, ref: unknown): JsonObject | undefined {
  if (ref === undefined) return undefined
  try {
    const kept: unknown = parseJson(JSON.stringify(ref))
    if (isRecord(kept)) return snapshot(kept, { maxBytes: limits.maxEvidenceBytes }) as JsonObject
    throw new LoopError('bad_response', 'A reference to a message must be a JSON object.')
  } catch (error) {
    report(error)
    return undefined
  }
}

/** Keeps the channel's reference, so that the next notice updates that message. */
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
