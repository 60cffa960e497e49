import { setTimeout } from 'node:timers/promises'

import type { LoopStore } from '@loop-engine/core'
import type { LoopSystem } from '@loop-engine/sdk'

/** Delivers until only what lies far in the future is left: leases of the dead run out first. Returns how much it was. */
export async function finish({ relay }: LoopSystem, store: LoopStore): Promise<number> {
  for (let total = 0; ;) {
    const delivered = await relay.drain()
    total += delivered
    const next = await store.nextDueAt()
    if (delivered === 0 && (next === null || next > Date.now() + 60_000)) return total
    if (delivered === 0) await setTimeout(50)
  }
}
