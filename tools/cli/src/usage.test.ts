import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { pluginShapes } from './plugin-shapes.ts'
import { command, createTestWorkshop, environment, requestPayment } from './workshop.fixture.ts'

const { db, loop, prepare, remove } = createTestWorkshop()
afterAll(remove)
const asked = createTestWorkshop()
beforeAll(() => asked.prepare((system) => requestPayment(system, 'one')))
afterAll(asked.remove)

const long = 'x'.repeat(5000)

test.each([
  [[], 'No command was named.', '`loop --help`'],
  [['keys'], 'No command was named.', '`loop keys --help`'],
  [['lsit'], "Unknown command 'lsit'.", 'Did you mean list?'],
  [['list', '--limti', '3'], "Unknown option '--limti'.", 'Did you mean --limit?'],
  [['list', '--limit', 'x'], 'It must be a whole number from 1 to 1000.', '`loop list --help`'],
  [['show'], "Missing required argument 'id'.", '`loop show --help`'],
  [['stop', '--reason', 'x'], 'Name one target:', '`loop stop --help`'],
  [
    ['verify', '--export', 'all.jsonl', '--checkpoint', 'kept', '--trust', 'key.pub'],
    "Option '--export <file>' cannot be used with option '--checkpoint <file>'.",
    '`loop verify --help`',
  ],
  [
    ['list', '--db', 'loop.db', '--postgres', 'postgres://localhost/x'],
    "Option '--postgres <url>' cannot be used with option '--db <path>'.",
    '`loop --help`',
  ],
  [
    ['stop', '--loop', 'refund', '--reason', 'x', '--loop', 'payout'],
    "Option '--loop <id>' is given twice.",
    '`loop stop --help`',
  ],
  [
    ['stop', '--tenant', 'acme', '--everything', '--reason', 'x'],
    'Name one target:',
    '`loop stop --help`',
  ],
  [
    ['dead-letters', '--retry', 'x', '--cursor', 'y'],
    "Option '--retry <id>' cannot be used with option '--cursor <cursor>'.",
    '`loop dead-letters --help`',
  ],
  [
    ['dead-letters', '--retry', 'x', '--limit', '5'],
    "Option '--retry <id>' cannot be used with option '--limit <count>'.",
    '`loop dead-letters --help`',
  ],
  [
    ['export', '--key-name', 'a.example/records'],
    '--key-name was given without --key.',
    '--key PEM',
  ],
  [
    ['retain', '--before', '2026-01-01', '--key-name', 'a'],
    '--key-name was given without --key.',
    '--key PEM',
  ],
  [['--db', 'a', 'list', '--db', 'b'], "Option '--db <path>' is given twice.", '`loop --help`'],
  [['--db'], 'argument missing.', '`loop --help`'],
  [['list', '--loop', ''], "Option '--loop <id>' is empty.", '`loop list --help`'],
  [['list', '--tenant', ''], "Option '--tenant <id>' is empty.", '`loop list --help`'],
  [['inbox', '--role', 'a', '--role='], "Option '--role <role>' is empty.", '`loop inbox --help`'],
  [['reject', 'one', '--reason', ''], "Option '--reason <text>' is empty.", '`loop reject --help`'],
  [
    ['keys', 'list', '--access', ''],
    "Option '--access <path>' is empty.",
    '`loop keys list --help`',
  ],
  [['list', '--as', ' '], "Option '--as <id>' is empty.", '`loop list --help`'],
  [
    ['stop', '--everything', '--reason', ' \t'],
    "Option '--reason <text>' is empty.",
    '`loop stop --help`',
  ],
  [['show', ''], 'An argument is empty.', '`loop show --help`'],
  [['show', ' '], 'An argument is empty.', '`loop show --help`'],
  [['validate', 'a.yaml', ''], 'An argument is empty.', '`loop validate --help`'],
])(
  'wrong use is reported like every other error, also as JSON: %j',
  async (args, message, hint) => {
    const { code, out, err } = await loop('--json', ...args)

    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(JSON.parse(err)).toEqual({
      error: {
        code: 'invalid_config',
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
        retryable: false,
      },
    })
  },
)

test.each([
  ['a business key', ['show', long]],
  ['a request', ['approve', long, '--as', 'alice']],
  ['a person', ['approve', 'one', '--as', long]],
  ['a role', ['inbox', '--role', long]],
  ['a reason', ['reject', 'one', '--as', 'alice', '--reason', long]],
  ['a cursor', ['list', '--cursor', 'of another list']],
  ['a target', ['stop', '--actor', long, '--reason', 'x']],
])('%s that the engine cannot read counts as wrong use', async (_, args) => {
  const { code, out, err } = await asked.loop('--db', asked.db, ...args)

  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toMatch(/\(invalid_(input|actor)\)/)
})

test('wrong use is reported once, with its cure', async () => {
  const { code, out, err } = await loop('lsit')

  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toBe(
    [
      "error Unknown command 'lsit'. (invalid_config)",
      '  hint Did you mean list? `loop --help` shows the usage.',
      '',
    ].join('\n'),
  )
})

test('without a command the help is printed and the exit code says that nothing was done', async () => {
  const bare = await loop()
  const keys = await loop('keys')

  expect(bare).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^Usage: loop /) })
  expect(keys).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^Usage: loop keys /) })
})

test('a password that was given in the wrong place is not printed', async () => {
  const { err } = await loop('list', 'postgres://me:hunter22@localhost/x')
  const escaped = await loop('--json', 'list', 'postgres://me:hunt"er22@localhost/x')

  for (const said of [err, escaped.err]) {
    expect(said).toContain('Too many arguments')
    expect(said).not.toContain('er22')
  }
})

test('--version prints the version of the package', async () => {
  const { version } = JSON.parse(
    readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8'),
  ) as { version: string }

  expect(await loop('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' })
})

test('the help of a command includes the options that every command accepts', async () => {
  const { code, out } = await loop('keys', 'create', '--help')

  expect(code).toBe(0)
  expect(out).toMatch(/--days <count>[^]*Global Options:[^]*--postgres <url>[^]*--json/)
})

test('the help of serve names all that its module may export', async () => {
  const { out } = await loop('serve', '--help')

  const help = out.replaceAll(/\s+/g, ' ')
  expect(help).toContain(`exports any of ${Object.keys(pluginShapes).join(', ')}`)
})

// Only Linux has a disk that is always full.
test.skipIf(process.platform !== 'linux')(
  'a result that cannot be written is reported as incomplete',
  () => {
    const full = openSync('/dev/full', 'w')
    const { status, stderr } = spawnSync(process.execPath, [...command, '--version'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    })
    closeSync(full)

    expect(status).toBe(1)
    expect(stderr).toBe(
      'error Standard output cannot be written (ENOSPC): the output is incomplete.\n',
    )
  },
)

test('a user without a name can list runs, and is asked for --as by a command that needs a person', async () => {
  await prepare(async () => undefined)
  // As in a container that runs under a user number without a name.
  const nameless =
    'import os from "node:os"; import { syncBuiltinESMExports } from "node:module";' +
    'os.userInfo = () => { throw new Error() }; syncBuiltinESMExports()'
  const preload = `--import=data:text/javascript,${encodeURIComponent(nameless)}`
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [preload, ...command, '--db', db, ...args], {
      env: environment,
      encoding: 'utf8',
    })

  expect(run('list')).toMatchObject({ status: 0, stdout: 'No runs.\n' })
  expect(run('inbox', '--as', 'alice')).toMatchObject({ status: 0, stderr: '' })
  expect(run('inbox')).toMatchObject({ status: 2, stderr: expect.stringContaining('--as ID') })
})
