import {
  allEnded,
  type ClaimQuery,
  type DeadLetter,
  type OutboxClaim,
  type Page,
} from '@loop-engine/core'

import { checkInput } from '../check-input.ts'
import type { Target } from '../engine/engine-input.ts'
import type { Kernel } from '../kernel.ts'
import { backoff, deliver } from './deliver.ts'
import { sleep } from './sleep.ts'
import { createSlots, type Slots } from './slots.ts'
import { createUpkeep } from './upkeep.ts'

export interface Relay {
  /**
   * Delivers everything that is due now, or is due for one business key, and returns how many items that were. For scripts,
   * tests and schedulers. It does not wait for deliveries that `start` has begun.
   */
  drain(target?: Target): Promise<number>
  start(): void
  deadLetters(query?: {
    readonly tenant?: string
    readonly limit?: number
    readonly cursor?: string
  }): Promise<Page<DeadLetter>>
  /** Delivers a dead letter again; false when there is none of this id. */
  retry(input: { readonly id: string; readonly tenant?: string }): Promise<boolean>
  /** Stops after the deliveries in progress, also those of `drain`, have ended. The others stay in the outbox. */
  stop(): Promise<void>
}

/** A relay; `worker` names it in its leases. */
export function createRelay(kernel: Kernel, worker: string): Relay & { wake(): void } {
  const { store, clock, limits } = kernel
  let running: Promise<void> | undefined
  let watching: Promise<() => Promise<void>> | undefined
  let stopping = new AbortController()
  let halting = new AbortController()
  let bell = new AbortController()
  let rung = false
  const drains = new Set<Promise<number>>()

  /** Called after every commit: once is enough until the relay has looked. */
  const ring = (): void => {
    if (rung) return
    rung = true
    bell.abort('rung')
  }

  const claim = (
    which: Pick<ClaimQuery, 'limit' | 'kinds' | 'instance'>,
  ): Promise<readonly OutboxClaim[]> =>
    store.claim({ worker, now: clock.now(), leaseMs: limits.leaseMs, ...which })

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
        const claims = free.limit > 0 ? await claim(free) : []
        // A slow delivery holds its own lane and one slot of its destination, never the others.
        for (const item of claims) {
          if (slots.isCrowded(item)) await postpone(item)
          else launch(item, inFlight, slots)
        }
        failures = 0
        // Beside the deliveries: a store may have much to forget.
        const upkeep = keepUp().finally(() => inFlight.delete(upkeep))
        inFlight.add(upkeep)
        // Items of kinds that may not begin now will begin when a delivery ends, which rings.
        const isAnyKind = free.limit > 0 && free.kinds === undefined
        if (claims.length === 0) await pause(isAnyKind ? await untilNext() : limits.pollMs)
      } catch (error) {
        // The store is away. Nothing is lost: the same items will be claimed when it is back.
        if (signal.aborted) break
        kernel.report(error)
        failures++
        const { first, longest } = limits.backoffMs
        await sleep(clock, Math.min(longest, first * 2 ** failures), signal)
      }
    }
    await Promise.all(inFlight)
  }

  /** Ends early, but never in the middle of a delivery, once `halted` aborts. */
  async function drain(halted: AbortSignal, instance?: ClaimQuery['instance']): Promise<number> {
    let delivered = 0
    while (!halted.aborted) {
      const claims = await claim({ limit: limits.concurrency, ...(instance && { instance }) })
      if (claims.length === 0) break
      await allEnded(claims.map((item) => deliver(kernel, item)))
      delivered += claims.length
    }
    return delivered
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

  /** Hears what other processes enqueue. A store that cannot tell is polled every `pollMs`, as all stores are. */
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

  /** Sleeps until the bell rings, which `stop` does too. */
  async function pause(ms: number): Promise<void> {
    if (!rung) await sleep(clock, ms, bell.signal)
  }

  return {
    wake: ring,
    start() {
      if (running) return
      stopping = new AbortController()
      // Nothing but a clock that fails ends it early.
      running = run(stopping.signal).catch(kernel.report)
      watching = watch()
    },
    async drain(target) {
      if (target !== undefined)
        checkInput('relay.drain', target, { aggregateId: true, tenant: true })
      const instance = target && { ...target, tenant: target.tenant ?? 'default' }
      const draining = drain(halting.signal, instance)
      drains.add(draining)
      try {
        return await draining
      } finally {
        drains.delete(draining)
      }
    },
    async deadLetters(query = {}) {
      checkInput('relay.deadLetters', query, { tenant: true, limit: true, cursor: true }, [])
      return store.deadLetters({ ...query, tenant: query.tenant ?? 'default' })
    },
    async retry(input) {
      checkInput('relay.retry', input, { id: true, tenant: true }, ['id'])
      const revived = await store.revive(input.tenant ?? 'default', input.id, clock.now())
      if (revived) ring()
      return revived
    },
    async stop() {
      stopping.abort()
      halting.abort()
      ring()
      await (
        await watching
      )?.()
      await running
      running = undefined
      // Callers of `drain` hear of their failures. A drain that begins meanwhile ends at once, or this could last for ever.
      await Promise.allSettled(drains)
      halting = new AbortController()
    },
  }
}

async function nothing(): Promise<void> {}
