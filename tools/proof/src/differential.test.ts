import { checkInvariants } from '@loop-engine/testing'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'

import { carryOut } from './carry-out.ts'
import { commands, type Command } from './commands.ts'
import { openSystem, worldOf } from './journey.ts'
import { bodiesOf } from './scenario.ts'
import { storeKinds, type StoreKind } from './stores.ts'

/** What is delivered at the same time may be recorded in any order; here the order must be equal. */
const oneAtATime = { concurrency: 1 }

const kinds = storeKinds()
afterAll(() => Promise.all(kinds.map((kind) => kind.end())))

test(
  'the same commands have the same answers and record the same bytes on every store',
  { timeout: 600_000 },
  async () => {
    // The full budget runs in .ci/run; every test run takes a part of it.
    const numRuns = Number(process.env['PROOF_LISTS'] ?? 40)
    const lists = fc.sample(commands, { numRuns, seed: 20260103 })
    for (const list of lists) {
      const [memory, ...others] = await Promise.all(kinds.map((kind) => record(kind, list)))
      for (const other of others) expect(other).toEqual(memory)
    }
  },
)

async function record(
  kind: StoreKind,
  list: readonly Command[],
): Promise<{ answers: readonly string[]; bodies: readonly string[] }> {
  const store = await kind.create()
  const { system, clock, effects } = await openSystem(store, 'run', oneAtATime)
  const answers: string[] = []
  for (const command of list) answers.push(await carryOut(command, system, clock))
  const world = worldOf(store, effects)
  expect(await checkInvariants({ ...world, effects: undefined }), kind.name).toEqual([])
  return { answers, bodies: await bodiesOf(world) }
}
