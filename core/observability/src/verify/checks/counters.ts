import { allEnded, type LedgerEntry, type LoopStore, type Reservation } from '@loop-engine/core'

import type { VerifyFault } from './fault.ts'

/** What the record took of one window of a counter: `amount` is the sum, `limit` the highest limit of any execution. */
export interface CounterUse extends Reservation {
  /** The newest entry that took of it. */
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
  return { ...use, amount: before.amount + use.amount, limit: Math.max(before.limit, use.limit) }
}

/** Sums of fractions differ in their last digits by the order in which they were added. */
const rounding = 1e-9

/** The fault if the record took more than the limit allows: somebody had lowered the counter in the database. */
export function overrunFault({ key, amount, limit, runId, seq }: CounterUse): VerifyFault | null {
  if (amount <= limit * (1 + rounding)) return null
  const message = `By the record ${amount} was taken of ${key}, of which there is ${limit}.`
  return { runId, seq, fault: 'illegal', message }
}

/** The number of counters that are asked for at the same time. */
const atOnce = 100

/** Checks that every counter holds at least what the record took of it; others may have taken more meanwhile. */
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
    for (const fault of (await allEnded(found)).flat()) if (fault) faults.push(fault)
  }
  return faults
}

async function heldFault(
  store: LoopStore,
  tenant: string,
  { key, bucket, amount, expiresAt = Infinity, runId, seq }: CounterUse,
  now: number,
): Promise<VerifyFault | null> {
  // The store may have deleted a window that is over.
  if (expiresAt <= now) return null
  const held = await store.counter(tenant, key, bucket)
  if (held >= amount * (1 - rounding)) return null
  const message = `The counter ${key} holds ${held}; by the record ${amount} was taken of it.`
  return { runId, seq, fault: 'fold_mismatch', message }
}
