import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'

import { commands } from './commands.ts'
import { recordList } from './record-list.ts'
import { storeKinds } from './stores.ts'

const kinds = storeKinds()
afterAll(() => Promise.all(kinds.map((kind) => kind.end())))

test(
  'the same commands give the same answers and record the same bytes on every store',
  { timeout: 600_000 },
  async () => {
    // The full budget runs in .ci/run; every test run takes a part of it.
    const numRuns = Number(process.env['PROOF_LISTS'] ?? 40)
    const lists = fc.sample(commands, { numRuns, seed: 20260103 })
    for (const list of lists) {
      const [memory, ...others] = await Promise.all(
        kinds.map(async (kind) => recordList(list, await kind.create())),
      )
      expect(memory?.violations).toEqual([])
      for (const other of others) expect(other).toEqual(memory)
    }
  },
)
