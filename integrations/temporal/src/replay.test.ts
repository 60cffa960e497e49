import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { DeterminismViolationError } from '@temporalio/workflow'
import { expect, test } from 'vitest'

import { replay } from './replay.fixture.ts'

const folder = join(import.meta.dirname, 'histories')
const names = readdirSync(folder).map((file) => file.replace('.json', ''))

function recorded(name: string): unknown {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))
}

// A failure here means that workflows which run today would break after an upgrade: use `patched()`.
test.each(names)('the history of %s, recorded on a real server, replays', async (name) => {
  await expect(replay(recorded(name), name)).resolves.toBeUndefined()
})

test.each(['payment', 'release', 'instance', 'instance-renewed'])(
  'a change of %s that is not compatible is noticed',
  async (name) => {
    await expect(replay(recorded(name), name, true)).rejects.toThrow(DeterminismViolationError)
  },
)
