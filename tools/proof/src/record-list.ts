import type { LoopStore } from '@loop-engine/core'
import { checkInvariants, type Violation } from '@loop-engine/testing'

import { carryOut } from './carry-out.ts'
import type { Command } from './commands.ts'
import { openSystem, worldOf } from './journey.ts'
import { bodiesOf } from './observe.ts'

/** The result of a list of commands, which must be the same on every store. */
export interface Recorded {
  readonly answers: readonly string[]
  readonly bodies: readonly string[]
  readonly violations: readonly Violation[]
}

/** Carries the commands out on an empty store, one after the other. */
export async function recordList(
  list: readonly Command[],
  store: LoopStore,
  create?: Parameters<typeof openSystem>[3],
): Promise<Recorded> {
  // Simultaneous deliveries may be recorded in any order. Here the order must be the same on every store.
  const oneAtATime = { concurrency: 1 }
  const { system, clock, effects } = await openSystem(store, 'run', oneAtATime, create)
  const answers: string[] = []
  for (const command of list) answers.push(await carryOut(command, system, clock))
  const world = worldOf(store, effects)
  const violations = await checkInvariants({ ...world, effects: undefined })
  const bodies = await bodiesOf(world)
  await system.close()
  return { answers, bodies, violations }
}
