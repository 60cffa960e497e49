import { openEntry, type Reservation } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'
import type { Change } from './change.ts'

/** The counters that have no room for these reservations beside what the same commit takes of them before. */
export async function fullCounters(
  { store }: Kernel,
  { instance, entries }: Change,
  reservations: readonly Reservation[],
): Promise<readonly string[]> {
  if (reservations.length === 0) return []
  const earlier = entries.flatMap((stored) => openEntry(stored).counters ?? [])
  const full: string[] = []
  for (const { key, bucket, amount, limit } of reservations) {
    const taken = earlier.filter((one) => one.key === key && one.bucket === bucket)
    if (taken.length === 0) continue
    const held = await store.counter(instance.tenant, key, bucket)
    if (taken.reduce((sum, one) => sum + one.amount, held) + amount > limit) full.push(key)
  }
  return full
}
