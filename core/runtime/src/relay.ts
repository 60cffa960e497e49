import {
  isLoopError,
  type ClaimQuery,
  type DeadLetter,
  type DeliveryEnd,
  type OutboxClaim,
  type Page,
  type Settlement,
  type TraceContext,
} from '@loop-engine/core'

import { withDeadline } from './deadline.ts'
import { deliverEffect } from './deliver-effect.ts'
import { deliverEvents } from './deliver-events.ts'
import { deliverNotice } from './deliver-notice.ts'
import { fireTimer } from './fire-timer.ts'
import type { Kernel } from './kernel.ts'
import { createSlots, type Slots } from './slots.ts'
import { openEnvelope } from './trace-envelope.ts'
import { createUpkeep } from './upkeep.ts'

/** What became of one delivery. `settled` means that a commit has finished the item already. */
export type Delivery =
  | { readonly kind: 'settled' }
  | { readonly kind: 'done' }
  | {
      readonly kind: 'retry'
      readonly error: string
      readonly afterMs?: number
      /** No sooner than this after now. */
      readonly notBeforeMs?: number
      /** The other side did not answer or asked to come again: what only tells somebody may wait for hours. */
      readonly outage?: true
    }
  | { readonly kind: 'dead'; readonly error: string }

export interface Relay {
  /**
   * Delivers everything that is due now, or what is due of one business key, and returns how much that was. For scripts,
   * tests and schedulers; `start` does it for ever.
   */
  drain(instance?: ClaimQuery['instance']): Promise<number>
  start(): void
  deadLetters(query?: {
    readonly tenant?: string
    readonly limit?: number
    readonly cursor?: string
  }): Promise<Page<DeadLetter>>
  /** Delivers a dead letter again; false when there is none of this id. */
  retry(input: { readonly id: string; readonly tenant?: string }): Promise<boolean>
  /** Lets deliveries in progress finish, then stops. What was not begun stays in the outbox. */
  stop(): Promise<void>
}

/** A relay whose worker name tells its leases apart. */
export function createRelay(kernel: Kernel, worker: string): Relay & { wake(): void } {
  const { store, clock, limits } = kernel
  let running: Promise<void> | undefined
  let watching: Promise<() => Promise<void>> | undefined
  let stopping = new AbortController()
  let bell = new AbortController()
  let rung = false

  /** Called after every commit: once is enough until the relay has looked. */
  const ring = (): void => {
    if (rung) return
    rung = true
    bell.abort()
  }

  const claim = (
    limit: number,
    instance?: ClaimQuery['instance'],
  ): Promise<readonly OutboxClaim[]> =>
    store.claim({
      worker,
      now: clock.now(),
      leaseMs: limits.leaseMs,
      limit,
      ...(instance && { instance }),
    })

  async function run(signal: AbortSignal): Promise<void> {
    const inFlight = new Set<Promise<void>>()
    const slots = createSlots(clock, limits.concurrency)
    const keepUp = createUpkeep(kernel)
    let failures = 0
    while (!signal.aborted) {
      bell = new AbortController()
      rung = false
      try {
        const free = slots.free()
        const claims = free > 0 ? await claim(free) : []
        // A slow delivery holds its own lane and one slot of its destination, never the others.
        for (const item of claims) {
          if (slots.isCrowded(item)) await postpone(item)
          else launch(item, inFlight, slots)
        }
        failures = 0
        await keepUp()
        if (claims.length === 0) await pause(free > 0 ? await untilNext() : limits.pollMs, signal)
      } catch (error) {
        // The store is away: nothing is lost, the same items will be claimed when it is back.
        if (signal.aborted) break
        kernel.report(error)
        failures++
        await clock.sleep(
          Math.min(limits.backoffMs.longest, limits.backoffMs.first * 2 ** failures),
          signal,
        )
      }
    }
    await Promise.all(inFlight)
  }

  async function postpone({ id, fence, attempt }: OutboxClaim): Promise<void> {
    const dueAt = clock.now() + backoff(kernel, attempt)
    const error = 'unavailable: Its destination is busy.'
    await store.settle([{ id, fence, outcome: { kind: 'retry', dueAt, error } }])
  }

  function launch(item: OutboxClaim, inFlight: Set<Promise<void>>, slots: Slots): void {
    const release = slots.take(item)
    const delivery = deliver(kernel, item)
      .catch((error: unknown) => kernel.report(error))
      .finally(() => {
        release()
        inFlight.delete(delivery)
        ring()
      })
    inFlight.add(delivery)
  }

  async function untilNext(): Promise<number> {
    const next = await store.nextDueAt()
    return next === null ? limits.pollMs : Math.min(limits.pollMs, Math.max(1, next - clock.now()))
  }

  /** Hears of what other processes enqueue. Without it the next look comes at `pollMs`, as it does anyway. */
  async function watch(): Promise<() => Promise<void>> {
    try {
      const unwatch = await store.watch?.(({ outbox }) => {
        if (outbox) ring()
      })
      return unwatch ?? nothing
    } catch (error) {
      kernel.report(error)
      return nothing
    }
  }

  async function pause(ms: number, signal: AbortSignal): Promise<void> {
    if (!rung) await clock.sleep(ms, AbortSignal.any([signal, bell.signal]))
  }

  return {
    wake: ring,
    start() {
      if (running) return
      stopping = new AbortController()
      running = run(stopping.signal)
      watching = watch()
    },
    async drain(instance) {
      let delivered = 0
      for (;;) {
        const claims = await claim(limits.concurrency, instance)
        if (claims.length === 0) return delivered
        await Promise.all(claims.map((item) => deliver(kernel, item)))
        delivered += claims.length
      }
    },
    deadLetters: ({ tenant = 'default', ...query } = {}) => store.deadLetters({ tenant, ...query }),
    async retry({ id, tenant = 'default' }) {
      const revived = await store.revive(tenant, id, clock.now())
      if (revived) ring()
      return revived
    },
    async stop() {
      stopping.abort()
      ring()
      await (
        await watching
      )?.()
      await running
      running = undefined
    },
  }
}

/** Delivers one claimed item under its lease, which is renewed for as long as the delivery takes. */
async function deliver(kernel: Kernel, leased: OutboxClaim): Promise<void> {
  const { claim, trace } = openEnvelope(leased)
  const finished = new AbortController()
  const renewing = renew(kernel, claim, finished.signal)
  try {
    const work = (): Promise<DeliveryEnd> => conclude(kernel, claim, trace)
    await (kernel.telemetry ? kernel.telemetry.delivery({ claim, trace }, work) : work())
  } finally {
    finished.abort()
    await renewing
  }
}

async function conclude(
  kernel: Kernel,
  claim: OutboxClaim,
  trace: TraceContext | undefined,
): Promise<DeliveryEnd> {
  const settlement = settlementOf(kernel, claim, await attempt(kernel, claim, trace))
  if (settlement === null) return { kind: 'settled' }
  await kernel.store.settle([settlement])
  return settlement.outcome
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
    }
  } catch (error) {
    if (isLoopError(error) && error.code === 'fenced') return { kind: 'settled' }
    if (isLoopError(error) && error.code === 'corrupt')
      return { kind: 'dead', error: describe(error) }
    return {
      kind: 'retry',
      error: describe(error),
      notBeforeMs: askedPause(error),
      ...(isOutage(error) && { outage: true }),
    }
  }
}

/** How long the other side asked to be left alone; an hour at most, whatever it says. */
function askedPause(error: unknown): number {
  const asked = isLoopError(error) ? error.details?.['retryAfterMs'] : undefined
  return typeof asked === 'number' && asked > 0 ? Math.min(asked, 3_600_000) : 0
}

/** Whether the other side may come back: everything but an error that says that it would fail again. */
function isOutage(error: unknown): boolean {
  return !isLoopError(error) || error.retryable
}

function settlementOf(
  kernel: Kernel,
  { id, fence, kind, attempt: attempts }: OutboxClaim,
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
      const patient = outcome.outage === true && (kind === 'notify' || kind === 'publish')
      const most = patient ? kernel.limits.maxNotifications : kernel.limits.maxAttempts
      if (attempts >= most && outcome.afterMs === undefined)
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
function backoff(kernel: Kernel, attempts: number): number {
  const { first, longest } = kernel.limits.backoffMs
  const ceiling = Math.min(longest, first * 2 ** Math.min(attempts - 1, 30))
  const jitter = Number.parseInt(kernel.ids.salt().slice(0, 8), 16) / 0x1_0000_0000
  return Math.max(1, Math.round(ceiling * jitter))
}

async function renew(
  kernel: Kernel,
  { id, fence }: OutboxClaim,
  finished: AbortSignal,
): Promise<void> {
  const { clock, limits, store } = kernel
  while (!finished.aborted) {
    await clock.sleep(limits.leaseMs / 3, finished)
    if (finished.aborted) return
    // A renewal that fails costs the lease, which the fence then refuses: never safety.
    await store
      .extend([{ id, fence }], clock.now() + limits.leaseMs)
      .catch((error: unknown) => kernel.report(error))
  }
}

async function nothing(): Promise<void> {}

/** What a dead letter says: a code and our own sentence, never a foreign message that may hold secrets. */
function describe(error: unknown): string {
  if (isLoopError(error)) return `${error.code}: ${error.message}`
  return error instanceof Error ? `threw ${error.name}` : 'threw'
}
