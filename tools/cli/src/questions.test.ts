import { spawn } from 'node:child_process'

import { afterAll, beforeAll, expect, test } from 'vitest'

import {
  command,
  createTestWorkshop,
  environment,
  requestPayment,
  type Ran,
} from './workshop.fixture.ts'

const { folder, loop, prepare, remove } = createTestWorkshop()
beforeAll(() => prepare((system) => requestPayment(system, 'one', 'two')))
afterAll(remove)

/** Makes Node take its pipes for a terminal. */
const terminal = `data:text/javascript,
process.stdin.isTTY = process.stdout.isTTY = true;
process.stdin.setRawMode = () => process.stdin;`

/** Runs `loop approve` at a terminal and answers its question with these keys. */
async function approve(run: string, keys: string, ...options: string[]): Promise<Ran> {
  const person = ['--db', 'loop.db', '--as', 'frank', '--role', 'finance']
  const child = spawn(
    process.execPath,
    ['--import', terminal, ...command, ...person, ...options, 'approve', run],
    { cwd: folder, env: { ...environment, FORCE_COLOR: '1' } },
  )
  let [out, err, asked] = ['', '', false]
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
    if (asked || !out.includes('Approve it?')) return
    asked = true
    child.stdin.end(keys)
  })
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })))
}

test.each([
  ['No', 'n'],
  ['Enter', '\r'],
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
])('%s at the question decides nothing, and the exit code says so', async (_, keys) => {
  const { code, err } = await approve('one', keys)

  expect({ code, err }).toEqual({ code: 6, err: 'Nothing was decided.\n' })
})

test('the question comes after everything that a reviewer sees on any channel, with what will run last', async () => {
  const { out } = await approve('one', 'n')

  for (const fact of [
    'Risk: high',
    'Asked by: ai-agent agent:refunds',
    'note (written by a model): ',
  ])
    expect(out).toContain(`\n${fact}`)
  expect(out).toMatch(
    /If nobody decides: [^]*Expires: [^]*Evidence\n[^]*What will run\nbank.pay:\n[^]*"amount": 250[^]*it\?/,
  )
})

test('--no-color applies to the question too', async () => {
  const style = new RegExp('\u001B\\[[0-9;]*m')

  expect((await approve('one', 'n')).out).toMatch(style)
  expect((await approve('one', 'n', '--no-color')).out).not.toMatch(style)
})

test('yes decides the request; nobody is asked about a request that is decided already', async () => {
  expect(await approve('two', 'y')).toMatchObject({ code: 0, err: '' })
  expect((await loop('--db', 'loop.db', 'list')).out).toContain('PAYING')
  expect(await approve('two', 'y')).toMatchObject({
    code: 3,
    out: expect.stringMatching(/^Refused to approve pay on two: already_decided\./),
  })
})
