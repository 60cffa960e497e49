import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { DatabaseSync } from 'node:sqlite'

import { afterAll, expect, test } from 'vitest'

import { command, createTestWorkshop, requestPayment } from './workshop.fixture.ts'

const { db, prepare, remove } = createTestWorkshop()
afterAll(remove)

/** The exit code and the standard error of a command whose standard output nobody reads. */
async function unread(...args: string[]): Promise<[code: unknown, err: string]> {
  const child = spawn(process.execPath, [...command, '--db', db, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.destroy()
  const err = child.stderr.setEncoding('utf8').toArray()
  const [code] = await once(child, 'close')
  return [code, (await err).join('')]
}

test('a command whose reader has left ends with the exit code of its result, also an export', async () => {
  await prepare(async (system) => requestPayment(system, 'one'))
  expect(await unread('verify')).toEqual([0, ''])
  expect(await unread('export')).toEqual([0, ''])
  const database = new DatabaseSync(db)
  database.exec("UPDATE entry SET body = replace(body, 'agent', 'tnega') WHERE seq = 2")
  database.close()

  expect(await unread('verify')).toEqual([5, ''])
})
