import { setTimeout } from 'node:timers/promises'

import type { LoopStore } from '@loop-engine/core'
import { createLoopSystem } from '@loop-engine/sdk'

import { brokenGuard, proofLoop } from '../proof-loop.ts'
import { createCrashBank, onceLoop } from './once-loop.ts'
import { openStore } from './open-store.ts'

/** The process that goes on after workers were killed or stopped. */
export interface Survivor {
  readonly store: LoopStore
  readonly bank: ReturnType<typeof createCrashBank>
  /**
   * Delivers until nothing is due in the near future; the leases
   * of dead workers expire first. Returns how much it delivered.
   */
  finish(): Promise<number>
  close(): Promise<void>
}

export async function openSurvivor(place: string, bankPath: string): Promise<Survivor> {
  const bank = createCrashBank(bankPath)
  const store = openStore(place)
  const { relay, close } = await createLoopSystem({
    loops: [proofLoop, onceLoop],
    store,
    guards: [brokenGuard],
    integrations: [bank],
    limits: { leaseMs: 500, backoffMs: { first: 1, longest: 10 } },
    relay: false,
  })
  return {
    store,
    bank,
    async finish() {
      for (let total = 0; ;) {
        const delivered = await relay.drain()
        total += delivered
        const next = await store.nextDueAt()
        if (delivered === 0 && (next === null || next > Date.now() + 60_000)) return total
        if (delivered === 0) await setTimeout(50)
      }
    },
    async close() {
      await close()
      bank.close()
    },
  }
}
