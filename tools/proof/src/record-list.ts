import type { LoopStore } from '@loop-engine/core'
import { checkInvariants, type Violation } from '@loop-engine/testing'

import { carryOut } from './carry-out.ts'
import type { Command } from './commands.ts'
import { openSystem, worldOf } from './journey.ts'
import { bodiesOf } from './observe.ts'

/** What a list of commands leaves behind; it is the same wherever it is carried out. */
export interface Recorded {
  readonly answers: readonly string[]
  readonly bodies: readonly string[]
  readonly violations: readonly Violation[]
}

/** Carries the commands out over an empty store, one after the other. */
export async function recordList(
  list: readonly Command[],
  store: LoopStore,
  create?: Parameters<typeof openSystem>[3],
): Promise<Recorded> {
  // What is delivered at the same time may be recorded in any order; here the order must be equal.
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
