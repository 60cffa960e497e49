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

test.each(['release', 'release-told'])(
  'a decision that %s verified is not verified again, because keys may change',
  async (name) => {
    const text = JSON.stringify(recorded(name))
    const [data = ''] = /eyJpc3N1ZXIi[\w+/]+=*/.exec(text) ?? [] // the `trust` argument
    const trust = Buffer.from(data, 'base64').toString().replace('"k1"', '"k2"')
    expect(trust).toContain('"k2"')
    const changed: unknown = JSON.parse(text.replace(data, Buffer.from(trust).toString('base64')))

    await expect(replay(changed, name)).resolves.toBeUndefined()
  },
)

test.each(['payment', 'release', 'instance', 'instance-renewed'])(
  'an incompatible change of %s is noticed',
  async (name) => {
    await expect(replay(recorded(name), name, true)).rejects.toThrow(DeterminismViolationError)
  },
)
