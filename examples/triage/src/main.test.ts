import { spawnSync } from 'node:child_process'
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { environment, flags, loop, newData, query, start } from './run.fixture.ts'

// Each test starts programs, and other tests may keep the machine busy.
vi.setConfig({ testTimeout: 120_000 })

const approveAll = ['--as', 'alice', '--approve-all', '--json']
const tickets = (data: string): unknown[] => query(data, 'tickets.db', 'SELECT * FROM tickets')

/** The data folder after a first start that asked nobody. Created once, because a start is slow. */
const unasked = mkdtempSync(join(tmpdir(), 'loop-triage-test-'))
beforeAll(() => start(unasked, ['--ask-none']), 120_000)
afterAll(() => rmSync(unasked, { recursive: true }))

function waitingData(): string {
  const data = newData()
  cpSync(unasked, data, { recursive: true })
  return data
}

test('with everything approved each matter ends, with a ticket or without, and a second start files nothing', async () => {
  const data = newData()

  const { code, out, err } = await start(data, approveAll)
  const filed = tickets(data)
  const again = await start(data, approveAll)

  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(JSON.parse(out)).toMatchObject({
    counts: {
      read: 329,
      signals: 65,
      duplicates: 50,
      news: 3,
      opened: 12,
      known: 0,
      ignored: { not_security_relevant: 223, run_not_finished: 15, passed_run: 13 },
    },
    states: { FILED: 11, DISMISSED: 1 },
    waiting: [],
    tickets: 11,
    verified: true,
    interrupted: false,
  })
  expect(again.code).toBe(0)
  expect(JSON.parse(again.out)).toMatchObject({
    counts: { opened: 0, known: 12 },
    ticketsFiledNow: 0,
    verified: true,
  })
  expect(tickets(data)).toEqual(filed)
})

test('what a person rejects is dismissed, on record, without a ticket', async () => {
  const data = newData()

  const { code, out } = await start(data, ['--as', 'alice', '--reject-all', '--json'])

  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({
    states: { FILED: 8, DISMISSED: 4 },
    waiting: [],
    tickets: 8,
  })
})

test('without a terminal nobody is asked, and the way to decide is shown and works', async () => {
  const data = join(newData(), "what's new")
  const key = 'code_scanning_alert:Codertocat/Hello-World#10:java/sql-injection'

  const first = await start(data, [])
  const approved = await loop(data, 'approve', key, '--as', 'alice', '--role', 'security')
  const second = await start(data, ['--ask-none', '--json'])

  expect(first.code).toBe(0)
  expect(first.out).toContain('Nobody is asked here')
  expect(first.out).toContain('3 wait for a person')
  const db = `'${join(data, 'loop.db').replace("'", `'\\''`)}'`
  expect(first.out).toContain(`npm run loop -- inbox --role security --db ${db}\n`)
  expect(approved).toMatchObject({ code: 0, err: '' })
  const { waiting, ticketsFiledNow } = JSON.parse(second.out)
  expect(waiting).toHaveLength(2)
  expect(waiting).not.toContain(key)
  expect(ticketsFiledNow).toBe(1)
})

test('killed again and again, the job loses no ticket and doubles none', async () => {
  const data = newData()

  for (const atEntries of [1, 4, 7, 13, 22, 31, 38, 47, 55, 62, 68]) {
    await start(data, approveAll, { kill: { signal: 'SIGKILL', atEntries } })
  }
  const { code, out } = await start(data, approveAll)

  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({
    counts: { read: 329 },
    states: { FILED: 11, DISMISSED: 1 },
    tickets: 11,
    verified: true,
  })
  const keys = query(data, 'tickets.db', 'SELECT DISTINCT key FROM tickets')
  expect(keys).toHaveLength(11)
})

test('two starts at once share the work, and nothing is done twice', async () => {
  const data = newData()

  const both = await Promise.all([start(data, approveAll), start(data, approveAll)])

  expect(both.map(({ code, err }) => ({ code, err }))).toEqual(Array(2).fill({ code: 0, err: '' }))
  const opened = both.map(({ out }) => {
    const summary = JSON.parse(out)
    expect(summary).toMatchObject({ verified: true, refused: [], waiting: [] })
    return summary.counts.opened
  })
  expect(opened[0] + opened[1]).toBe(12)
  const runs = query(
    data,
    'loop.db',
    "SELECT DISTINCT run_id FROM entry WHERE type = 'loop.started'",
  )
  expect(runs).toHaveLength(12)
  expect(query(data, 'tickets.db', 'SELECT DISTINCT key FROM tickets')).toHaveLength(11)
  expect(tickets(data)).toHaveLength(11)
})

test('under a stop nothing is decided or filed, and the output says so', async () => {
  const data = waitingData()
  await loop(data, 'stop', '--loop', 'triage', '--reason', 'drill')

  const held = await start(data, approveAll)
  await loop(data, 'release', '--loop', 'triage', '--reason', 'over')
  const released = await start(data, approveAll)

  const { refused, waiting, tickets: filed } = JSON.parse(held.out)
  expect({ code: held.code, filed }).toEqual({ code: 0, filed: 8 })
  expect(waiting).toHaveLength(3)
  expect(refused).toHaveLength(3)
  expect(refused.join('\n')).toContain('stopped')
  expect(JSON.parse(released.out)).toMatchObject({ tickets: 11, waiting: [], refused: [] })
})

test('a stop before the first start is explained', async () => {
  const data = newData()
  await start(data, ['--ask-none'], { kill: { signal: 'SIGKILL', atEntries: 1 } })
  await loop(data, 'stop', '--everything', '--reason', 'drill')

  const { code, err } = await start(data, approveAll)

  expect(code).toBe(1)
  expect(err).toBe('A stop is in force. A person must release it.\n')
})

test('the next start names a row that was edited by hand, and does nothing', async () => {
  const data = waitingData()
  const [row] = query(
    data,
    'loop.db',
    "SELECT run_id, seq FROM entry WHERE type = 'loop.approval.requested'",
  )
  query(
    data,
    'loop.db',
    "UPDATE entry SET body = replace(body, 'agent:triage', 'agent:nobody') WHERE type = 'loop.approval.requested'",
  )

  const { code, out } = await start(data, approveAll)
  const verify = await loop(data, 'verify')

  expect(code).toBe(5)
  const { faults } = JSON.parse(out)
  expect(faults.join('\n')).toContain(String(row?.['run_id']))
  expect(tickets(data)).toHaveLength(8)
  expect(verify.code).toBe(5)
  expect(verify.out).toContain(String(row?.['run_id']))
})

test.each([
  ['is no database', 0],
  ['is damaged in its middle', 4096],
])('a record that %s is told as the command tells it', async (_, from) => {
  const data = waitingData()
  const file = join(data, 'loop.db')
  writeFileSync(file, readFileSync(file).fill(255, from))

  const { code, err } = await start(data, ['--ask-none'])
  const told = await loop(data, 'list', '--json')

  const { message, hint } = JSON.parse(told.err).error
  expect({ code, err }).toEqual({ code: 5, err: `${message} ${hint}\n` })
  expect({ code: told.code, hint }).toEqual({ code: 5, hint: expect.stringContaining('backup') })
})

test('an older copy of the database is recognised by the checkpoint', async () => {
  const data = waitingData()
  await start(data, approveAll)
  cpSync(join(unasked, 'loop.db'), join(data, 'loop.db'))

  const { code, out } = await start(data, ['--ask-none', '--json'])

  expect(code).toBe(5)
  expect(JSON.parse(out).faults.join('\n')).toMatch(/checkpoint/)
})

test('only its owner can read the key that signs checkpoints', () => {
  expect(statSync(join(unasked, 'key.pem')).mode & 0o777).toBe(0o600)
})

test.each([[['--nonsense']], [['--approve-all', '--reject-all']]])(
  '%j is wrong use',
  async (args) => {
    expect(await start(newData(), args)).toMatchObject({ code: 2, out: '' })
  },
)

test.each(['file', 'file/below', 'desk'])(
  'when the data cannot be kept in %s, one line says why and what to do',
  async (place) => {
    const data = newData()
    writeFileSync(join(data, 'file'), '')
    mkdirSync(join(data, 'desk/tickets.db'), { recursive: true })

    const { code, err } = await start(join(data, place), ['--ask-none'])

    expect(err.trimEnd().split('\n')).toHaveLength(1)
    const says =
      place === 'desk'
        ? {
            code: 1,
            err: /tickets cannot be kept in .*tickets\.db\. Give a file that this program created/,
          }
        : { code: 2, err: /cannot be used: it, or a folder above it, is a file\. Name a folder/ }
    expect(code).toBe(says.code)
    expect(err).toMatch(says.err)
  },
)

test('an unreadable file of the job is reported as such and not as a bug', async () => {
  const data = newData()
  mkdirSync(join(data, 'key.pem'))

  const { code, err } = await start(data, ['--ask-none'])

  expect(code).toBe(1)
  expect(err).toMatch(/^EISDIR.* Nothing is lost: remove the cause, and start again\.\n$/)
})

test('a broken key is reported, with a cure that works', async () => {
  const data = newData()
  await start(data, ['--ask-none'])
  writeFileSync(join(data, 'key.pem'), '')

  const { code, err } = await start(data, ['--ask-none'])
  for (const file of ['key.pem', 'checkpoint.txt']) renameSync(join(data, file), join(data, 'old'))

  expect(code).toBe(1)
  expect(err).toMatch(/^The key .*key\.pem cannot be read\. .*checkpoint\.txt/)
  expect(await start(data, ['--ask-none'])).toMatchObject({ code: 0 })
})

test('a file that cannot be replaced leaves no temporary file beside it', async () => {
  const data = newData()
  mkdirSync(join(data, 'key.pub'))

  const { code, err } = await start(data, ['--ask-none'])

  expect(code).toBe(1)
  expect(err).toContain('Nothing is lost: remove the cause, and start again.')
  expect(readdirSync(data).filter((name) => /\d$/.test(name))).toEqual([])
})

test.runIf(process.platform === 'linux')(
  'where no folder can be created, the job does not try for ever',
  async () => {
    const { code, err } = await start('/proc/nowhere/at-all', [])

    expect({ code, err }).toMatchObject({
      code: 2,
      err: expect.stringContaining('no folder can be made there'),
    })
  },
)

// Only Linux has a disk that is always full.
test.runIf(process.platform === 'linux')(
  'a summary that cannot be written ends with an error',
  () => {
    const full = openSync('/dev/full', 'w')
    const main = join(import.meta.dirname, 'main.ts')
    const options = ['--data', newData(), '--as', 'alice', '--ask-none', '--json']
    const { status, stderr } = spawnSync(process.execPath, [...flags, main, ...options], {
      env: environment,
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    })
    closeSync(full)

    expect(status).toBe(1)
    expect(stderr).toBe(
      'Standard output cannot be written (ENOSPC): it is not whole. Nothing is lost.\n',
    )
  },
)

test('where the user has no name, the job asks for --as and accepts it', async () => {
  const data = newData()
  // As in a container whose user is a number without a name.
  const nameless =
    'import os from "node:os"; import { syncBuiltinESMExports } from "node:module";' +
    'os.userInfo = () => { throw new Error() }; syncBuiltinESMExports()'
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(nameless)}` }

  const named = await start(data, ['--as', 'alice', '--ask-none'], { env })
  const help = await start(data, ['--help'], { env })
  const unnamed = await start(data, ['--ask-none'], { env })

  expect(named).toMatchObject({ code: 0, err: '' })
  expect(help).toMatchObject({ code: 0, err: '' })
  expect(unnamed).toMatchObject({ code: 2, out: '' })
  expect(unnamed.err).toMatch(/^The user of this computer has no name: .* --as ID\./)
})

test('help explains every option', async () => {
  const { code, out } = await start(newData(), ['--help'])

  expect(code).toBe(0)
  for (const option of [
    '--as',
    '--provider',
    '--model',
    '--approve-all',
    '--reject-all',
    '--ask-none',
    '--data',
    '--json',
  ]) {
    expect(out).toContain(option)
  }
})
