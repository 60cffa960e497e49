import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'

import { consoleFolder } from '@loop-engine/console'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'

import {
  command,
  createTestWorkshop,
  environment,
  type Ran,
  type TestWorkshop,
} from './workshop.fixture.ts'

let workshop: TestWorkshop
let folder: string
let child: ChildProcess | undefined
beforeEach(() => {
  workshop = createTestWorkshop()
  folder = workshop.folder
  child = undefined
})
afterEach(() => {
  child?.kill('SIGKILL')
  workshop.remove()
})

const loop = (id: string): string => `id: ${id}
version: 1.0.0
name: ${id}
states: [{ id: A }, { id: B, terminal: true }]
initialState: A
transitions:
  - { id: go, from: A, to: B, signal: go, actors: [automation], guards: [] }
`

interface Started {
  readonly url: string
  readonly login: string
  readonly loops: readonly string[]
  readonly console: boolean
}

async function serve(...args: readonly string[]): Promise<Started> {
  const process_ = spawn(
    process.execPath,
    [...command, 'serve', '--json', '--port', '0', ...args],
    {
      cwd: folder,
      env: environment,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  child = process_
  let text = ''
  for await (const chunk of process_.stdout.setEncoding('utf8')) {
    text += chunk
    if (text.endsWith('}\n')) return JSON.parse(text) as Started
  }
  throw new Error('The server did not start.')
}

const run = (...args: string[]): Promise<Ran> => workshop.loop(...args)

test('serve needs no configuration: it serves the loops here, prints a login link, accepts keys and ends in good order', async () => {
  writeFileSync(join(folder, 'one.loop.yaml'), loop('one'))
  writeFileSync(join(folder, 'unrelated.yaml'), 'not: a loop')
  const { url, login, loops } = await serve('--as', 'alice', '--group', 'ops')
  const opened = await fetch(`${url}/api/v1/session`, {
    method: 'POST',
    headers: { origin: url, 'content-type': 'application/json' },
    body: JSON.stringify({ token: login.split('#token=')[1] }),
  })
  const { out: secret } = await run('keys', 'create', 'ci', '--scope', 'read', '--scope', 'run')
  const started = await fetch(`${url}/api/v1/instances`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${secret.split('\n')[0]}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ loopId: 'one', aggregateId: 'x' }),
  })
  const { out: runs } = await run('list')
  child?.kill('SIGTERM')
  const [code] = child ? await once(child, 'exit') : []

  expect(loops).toEqual(['one'])
  expect(await opened.json()).toMatchObject({
    actor: { type: 'human', id: 'alice', groups: ['ops'] },
  })
  expect(started.status).toBe(201)
  expect(runs).toContain('x   one   A')
  expect(code).toBe(0)
})

test('a second signal of either kind ends the server at once, whatever is in progress', async () => {
  writeFileSync(join(folder, 'one.loop.yaml'), loop('one'))
  const { url } = await serve()
  const request = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined)
  onTestFinished(() => void request.destroy())
  await once(request, 'connect')
  request.write(
    'POST /api/v1/session HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n',
  )
  await once(request, 'data')

  child?.kill('SIGTERM')
  await expect.poll(() => fetch(url).catch(() => 'closed')).toBe('closed')
  child?.kill('SIGINT')

  expect(child && (await once(child, 'exit'))).toEqual([null, 'SIGINT'])
})

test('keys are listed without their secrets, and revoked', async () => {
  const { out } = await run('keys', 'create', 'ci', '--scope', 'read', '--agent', 'bot', '--json')
  const { key, secret } = JSON.parse(out) as { key: { id: string; actor: unknown }; secret: string }
  const before = await run('keys', 'list')
  const revoked = await run('keys', 'revoke', key.id)
  const after = await run('keys', 'list')

  expect(key.actor).toEqual({ type: 'ai-agent', id: 'bot' })
  expect(before.out).toContain('never used')
  expect(before.out).not.toContain(secret.slice(16))
  expect(revoked).toMatchObject({ code: 0 })
  expect(after.out).toContain('revoked')
  expect(await run('keys', 'revoke', 'lk_none')).toMatchObject({ code: 4 })
  expect(await run('keys', 'create', 'x', '--scope', 'everything')).toMatchObject({ code: 2 })
})

test('serve refuses missing files, two versions of a loop and wrong options', async () => {
  writeFileSync(join(folder, 'one.yaml'), loop('one'))
  writeFileSync(join(folder, 'same.yaml'), loop('one'))

  expect(await run('serve', 'none.yaml')).toMatchObject({ code: 4 })
  expect(await run('serve', 'one.yaml', 'same.yaml')).toMatchObject({
    code: 2,
    err: expect.stringContaining('The loop one is in one.yaml and in same.yaml'),
  })
  expect(await run('serve', '--port', 'x')).toMatchObject({ code: 2 })
  expect(await run('serve', '--oidc-issuer', 'https://id.example.com')).toMatchObject({ code: 2 })
  expect(await run('serve', '--with', 'none.mjs')).toMatchObject({ code: 2 })
})

test.each([
  [`export const integrations = 'bank'`, 'integrations'],
  [`export const channels = [42]`, 'channels'],
  [`export const channels = () => 'slack'`, 'channels'],
  [`export const guards = [{ id: 'x' }]`, 'guards'],
  [`export const directory = {}`, 'directory'],
  [`export const signer = {}`, 'signer'],
  [`export const callbacks = { origins: [] }`, 'callbacks'],
  [`export const telemetry = []`, 'telemetry'],
])('the error about an export of the wrong kind says what it must be: %s', async (text, name) => {
  writeFileSync(join(folder, 'plugins.mjs'), text)

  expect(await run('serve', '--port', '0', '--with', 'plugins.mjs')).toMatchObject({
    code: 2,
    err: expect.stringMatching(`exports ${name} of the wrong kind[^]*hint Export ${name} as `),
  })
})

test('serve accepts a module whose exports are right', async () => {
  const text = `
    export const integrations = [{ contract: 'integration/v1', name: 'bank', actions: {} }]
    export const channels = () => [{ contract: 'channel/v1', name: 'chat', notify: async () => {} }]
    export const directory = () => null`
  writeFileSync(join(folder, 'plugins.mjs'), text)

  expect(await serve('--with', 'plugins.mjs')).toMatchObject({ loops: [] })
})

test.each([
  [['--public-url', 'loops'], 'public URL'],
  [['--host', '192.0.2.1'], 'cannot listen at 192.0.2.1'],
  [['--mcp-startable', 'one'], 'no MCP'],
  [['--scope-of-role', 'ops=read'], 'belong together'],
])('an option that makes no sense is refused with its cure: %j', async (args, message) => {
  expect(await run('serve', '--port', '0', ...args)).toMatchObject({
    code: 2,
    err: expect.stringMatching(`^error .*${message}[^]*hint `),
  })
})

test('serve says whether there is a console behind the login', async () => {
  writeFileSync(join(folder, 'index.html'), '<!doctype html>')
  const withOne = await serve('--console', folder)
  child?.kill('SIGKILL')
  const asItIs = await serve()

  expect(withOne.console).toBe(true)
  expect(asItIs.console).toBe(existsSync(join(consoleFolder, 'index.html')))
})
