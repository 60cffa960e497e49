import {
  isLoopError,
  LoopError,
  type DeliveryEnd,
  type OutboxClaim,
  type Settlement,
  type TraceContext,
} from '@loop-engine/core'

import { askedPause } from '../asked-pause.ts'
import type { Delivery } from '../delivery.ts'
import { deliverEffect } from '../effects/deliver-effect.ts'
import { releaseErased } from '../effects/release-erased.ts'
import type { Kernel } from '../kernel.ts'
import { openEnvelope } from '../recording/trace-envelope.ts'
import { withDeadline } from '../with-deadline.ts'
import { deliverEvents } from './deliver-events.ts'
import { deliverNotice } from './deliver-notice.ts'
import { fireTimer } from './fire-timer.ts'
import { putBack } from './put-back.ts'
import { sleep } from './sleep.ts'

/** Delivers one claimed item, and renews its lease for as long as the delivery takes. */
export async function deliver(kernel: Kernel, leased: OutboxClaim): Promise<void> {
  const { claim, trace } = openEnvelope(leased)
  const finished = new AbortController()
  const renewing = renew(kernel, claim, finished.signal).catch(kernel.report)
  try {
    const work = (): Promise<DeliveryEnd> => conclude(kernel, leased, { claim, trace })
    await (kernel.telemetry ? kernel.telemetry.delivery({ claim, trace }, work) : work())
  } finally {
    finished.abort('finished')
    await renewing
  }
}

async function conclude(
  kernel: Kernel,
  leased: OutboxClaim,
  { claim, trace }: ReturnType<typeof openEnvelope>,
): Promise<DeliveryEnd> {
  const delivery = await attempt(kernel, claim, trace)
  const settlement = settlementOf(kernel, claim, delivery)
  if (settlement === null) return { kind: 'settled' }
  const { outcome } = settlement
  const isHeld = delivery.kind === 'retry' && delivery.afterMs !== undefined
  const isCountedOften = claim.attempt * 2 > kernel.limits.maxNotifications
  if (isHeld && isCountedOften && outcome.kind === 'retry') {
    if (await putBack(kernel, leased, outcome.dueAt)) return outcome
  }
  await kernel.store.settle([settlement])
  // If its evidence was erased meanwhile, there was no dead letter yet to revive.
  if (outcome.kind === 'dead' && claim.kind === 'effect')
    await releaseErased(kernel, claim).catch(kernel.report)
  return outcome
}

async function attempt(
  kernel: Kernel,
  claim: OutboxClaim,
  trace: TraceContext | undefined,
): Promise<Delivery> {
  try {
    switch (claim.kind) {
      case 'effect':
        return await deliverEffect(kernel, claim)
      case 'notify':
        return await withDeadline(kernel.clock, kernel.limits.effectTimeoutMs, (signal) =>
          deliverNotice(kernel, claim, signal),
        )
      case 'publish':
        return await withDeadline(kernel.clock, kernel.limits.effectTimeoutMs, (signal) =>
          deliverEvents(kernel, claim, { signal, trace }),
        )
      case 'timer':
        return await fireTimer(kernel, claim)
      default:
        throw new LoopError('corrupt', 'There is no such kind of delivery.')
    }
  } catch (error) {
    if (isLoopError(error) && error.code === 'fenced') return { kind: 'settled' }
    if (isLoopError(error) && error.code === 'corrupt')
      return { kind: 'dead', error: describe(error) }
    return {
      kind: 'retry',
      error: describe(error),
      notBeforeMs: askedPause(error),
      ...(isOutage(error, claim.kind) && { outage: true }),
    }
  }
}

/**
 * Whether the other side, or the store, may come back: after any error but one that says that it would fail again. For
 * effects and timers only the store can fail here, so an unknown error is a fault of ours and no outage.
 */
function isOutage(error: unknown, kind: OutboxClaim['kind']): boolean {
  return isLoopError(error) ? error.retryable : kind === 'notify' || kind === 'publish'
}

function settlementOf(
  kernel: Kernel,
  { id, fence, attempt: attempts }: OutboxClaim,
  outcome: Delivery,
): Settlement | null {
  const now = kernel.clock.now()
  switch (outcome.kind) {
    case 'settled':
      return null
    case 'done':
      return { id, fence, outcome: { kind: 'done' } }
    case 'dead':
      return { id, fence, outcome: { kind: 'dead', at: now, error: outcome.error } }
    case 'retry': {
      const most = outcome.outage ? kernel.limits.maxNotifications : kernel.limits.maxAttempts
      if (attempts >= most && outcome.afterMs === undefined && !outcome.isCounted)
        return { id, fence, outcome: { kind: 'dead', at: now, error: outcome.error } }
      return {
        id,
        fence,
        outcome: {
          kind: 'retry',
          dueAt:
            now +
            (outcome.afterMs ?? Math.max(backoff(kernel, attempts), outcome.notBeforeMs ?? 0)),
          error: outcome.error,
        },
      }
    }
  }
}

/** Exponential with full jitter, drawn from the injected ids so that a simulation repeats. */
export function backoff(kernel: Kernel, attempts: number): number {
  const { first, longest } = kernel.limits.backoffMs
  const ceiling = Math.min(longest, first * 2 ** Math.min(attempts - 1, 30))
  const jitter = Number.parseInt(kernel.ids.salt().slice(0, 8), 16) / 0x1_0000_0000
  return Math.max(1, Math.round(ceiling * jitter))
}

async function renew(
  { clock, limits, store, report }: Kernel,
  { id, fence }: OutboxClaim,
  finished: AbortSignal,
): Promise<void> {
  while (!finished.aborted) {
    await sleep(clock, limits.leaseMs / 3, finished)
    if (finished.aborted) return
    try {
      await store.extend([{ id, fence }], clock.now() + limits.leaseMs)
    } catch (error) {
      // A failed renewal may cost the lease, but never safety: the fence then refuses the result.
      report(error)
    }
  }
}

/** The text of a dead letter: a code and a sentence of ours, never a foreign message, which may hold secrets. */
function describe(error: unknown): string {
  if (isLoopError(error)) return `${error.code}: ${error.message}`
  try {
    return error instanceof Error ? `threw ${error.name}` : 'threw'
  } catch {
    return 'threw'
  }
}
