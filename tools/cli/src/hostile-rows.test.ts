import { DatabaseSync } from 'node:sqlite'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { createTestWorkshop, requestPayment, type Ran } from './workshop.fixture.ts'

const { db, loop, prepare, remove } = createTestWorkshop()
afterAll(remove)

const at = (...args: string[]): Promise<Ran> =>
  loop('--db', 'loop.db', '--as', 'frank', '--role', 'finance', ...args)

// Characters that control a terminal, and a command that a person might paste into a shell.
const hostile = 'X\u001b]0;owned\u0007\u202e; reboot'

beforeAll(async () => {
  await prepare(async (system) => {
    await requestPayment(system, 'one')
    const actor = { type: 'human', id: 'olga' } as const
    await system.engine.stop({ target: { loopId: 'other' }, actor, reason: hostile })
  })
  const database = new DatabaseSync(db)
  database
    .prepare(
      "UPDATE instance SET state = ?, updated_at = 9e15, rest = json_set(rest, '$.definition.version', ?)",
    )
    .run(hostile, hostile)
  const paths = ['$.id', '$.view.transition.from', '$.view.transition.to', '$.view.effect.action']
  const values = paths.map((path) => `'${path}', ?`).join(', ')
  database
    .prepare(`UPDATE approval SET request = json_set(request, ${values}, '$.view.expiresAt', 9e15)`)
    .run(hostile, hostile, hostile, hostile)
  database.close()
})

test.each([['show', 'one'], ['inbox'], ['list'], ['stops']])(
  '%s prints text from outside and rows that were changed by hand without control characters',
  async (...args) => {
    const { out, err, code } = await at(...args)

    expect({ code, err }).toEqual({ code: 0, err: '' })
    // oxlint-disable-next-line no-control-regex -- the test is that there are none
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    expect(out).not.toMatch(/approve [^']*;/)
  },
)
