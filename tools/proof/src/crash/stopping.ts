import { writeSync } from 'node:fs'

import type { Action, Integration, LoopStore } from '@loop-engine/core'

/** The places at which a process that holds leases stops itself, one after another. */
export interface Stopping {
  store(inner: LoopStore): LoopStore
  bank(inner: Integration): Integration
  isOver(): boolean
}

const places = [
  'after claim',
  'before spentBy',
  'before commit',
  'after commit',
  'before fire',
  'after fire',
  'before pay',
  'after pay',
]

/**
 * Stops its own process `times` times, each time at the next place, and goes on when
 * another process continues it. The process stops itself, so that no call of the
 * store is in progress: stopped by another, it might hold the lock of a SQLite file.
 */
export function createStopping(times: number): Stopping {
  const leases = new Set<number>()
  let stops = 0

  const pass = (place: string): void => {
    if (leases.size === 0 || stops >= times || place !== places[stops % places.length]) return
    stops++
    leases.clear()
    writeSync(1, `stopped ${place}\n`)
    process.kill(process.pid, 'SIGSTOP')
    writeSync(1, 'continued\n')
  }

  return {
    isOver: () => stops >= times,
    store: (inner) => ({
      ...inner,
      async spentBy(tenant, receipt) {
        pass('before spentBy')
        return inner.spentBy(tenant, receipt)
      },
      async claim(query) {
        const claims = await inner.claim(query)
        for (const { fence } of claims) leases.add(fence)
        pass('after claim')
        return claims
      },
      async settle(settlements) {
        for (const { fence } of settlements) leases.delete(fence)
        return inner.settle(settlements)
      },
      async commit(plans) {
        pass('before commit')
        const results = await inner.commit(plans)
        for (const { settle } of plans) if (settle) leases.delete(settle.fence)
        pass('after commit')
        return results
      },
    }),
    bank: (inner) => ({
      ...inner,
      actions: Object.fromEntries(
        Object.entries(inner.actions).map(([name, action]) => [
          name,
          passingBy(action, name, pass),
        ]),
      ),
    }),
  }
}

function passingBy(action: Action, name: string, pass: (place: string) => void): Action {
  return {
    ...action,
    async run(input, context) {
      pass(`before ${name}`)
      const answer = await action.run(input, context)
      pass(`after ${name}`)
      return answer
    },
  }
}
