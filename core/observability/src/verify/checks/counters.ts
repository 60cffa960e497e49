import type { LedgerEntry, LoopStore, Reservation } from '@loop-engine/core'

import type { VerifyFault } from './fault.ts'

/** What the record took of one window of a counter; `amount` is the sum, `limit` the highest that any of it was judged by. */
export interface CounterUse extends Reservation {
  /** Where the newest of it was found. */
  readonly runId: string
  readonly seq: number
}

/** Adds up what executions took of limits. */
export interface CounterUses {
  follow(entry: LedgerEntry): void
  add(uses: readonly CounterUse[]): void
  all(): readonly CounterUse[]
}

export function createCounterUses(): CounterUses {
  const uses = new Map<string, CounterUse>()
  const add = (use: CounterUse): void => {
    const name = `${use.bucket} ${use.key}`
    const before = uses.get(name)
    uses.set(name, before ? together(before, use) : use)
  }
  return {
    follow({ counters = [], runId, seq }) {
      for (const taken of counters) add({ ...taken, runId, seq })
    },
    add: (some) => some.forEach(add),
    all: () => [...uses.values()],
  }
}

function together(before: CounterUse, use: CounterUse): CounterUse {
  return {
    ...use,
    amount: before.amount + use.amount,
    limit: Math.max(before.limit, use.limit),
  }
}

/** Sums of fractions differ in their last digits by the order in which they were added. */
const rounding = 1e-9

/** More than a limit allows was taken, whatever the counter said then: somebody had lowered it. */
export function overrunFault({ key, amount, limit, runId, seq }: CounterUse): VerifyFault | null {
  if (amount <= limit * (1 + rounding)) return null
  const message = `By the record ${amount} was taken of ${key}, of which there is ${limit}.`
  return { runId, seq, fault: 'illegal', message }
}

/** So many are asked for at once. */
const atOnce = 100

/** Whether every counter holds at least what the record took of it: others may have taken more meanwhile. */
export async function verifyCounters(
  store: LoopStore,
  tenant: string,
  uses: readonly CounterUse[],
  now: number,
): Promise<readonly VerifyFault[]> {
  const faults: VerifyFault[] = []
  for (let from = 0; from < uses.length; from += atOnce) {
    const some = uses.slice(from, from + atOnce)
    const found = some.map(async (use) => [
      overrunFault(use),
      await heldFault(store, tenant, use, now),
    ])
    for (const fault of (await Promise.all(found)).flat()) if (fault) faults.push(fault)
  }
  return faults
}

async function heldFault(
  store: LoopStore,
  tenant: string,
  { key, bucket, amount, expiresAt = Infinity, runId, seq }: CounterUse,
  now: number,
): Promise<VerifyFault | null> {
  // Nobody takes of a window that is over, and the store may have forgotten it.
  if (expiresAt <= now) return null
  const held = await store.counter(tenant, key, bucket)
  if (held >= amount * (1 - rounding)) return null
  const message = `The counter ${key} holds ${held}; by the record ${amount} was taken of it.`
  return { runId, seq, fault: 'fold_mismatch', message }
}
