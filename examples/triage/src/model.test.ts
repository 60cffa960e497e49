import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { startModelServer, type ModelServer } from '@loop-engine/testing'
import { expect, onTestFinished, test, vi } from 'vitest'

import { environment, newData, query, start, type Ran } from './run.fixture.ts'

// Each test starts programs, and other tests may keep the machine busy.
vi.setConfig({ testTimeout: 120_000 })

const proposal = {
  signal: 'assess',
  rationale: 'A TEST MODEL SAYS SO.',
  confidence: 0.9,
  severity: 'medium',
  remediation: 'open_ticket',
  risk: 'low',
  title: 'Look into it',
}
const decision = (change: object = {}) =>
  ({ kind: 'decision', value: { ...proposal, ...change } }) as const

const scripts = { anthropic: 'ANTHROPIC', 'openai-responses': 'OPENAI' } as const

/**
 * A local server in place of a vendor, a data folder, and a start of the job that finds the server by its environment.
 */
async function withModel(wire: keyof typeof scripts = 'anthropic'): Promise<{
  server: ModelServer
  data: string
  run(...args: string[]): Promise<Ran>
}> {
  const server = await startModelServer({ wire })
  onTestFinished(server.close)
  const data = newData()
  const env = {
    [`${scripts[wire]}_API_KEY`]: server.apiKey,
    [`${scripts[wire]}_BASE_URL`]: server.baseUrl,
  }
  const run = (...args: string[]): Promise<Ran> => start(data, ['--as', 'alice', ...args], { env })
  return { server, data, run }
}

test.each([
  ['anthropic', 'anthropic', 'claude-haiku-4-5'],
  ['openai-responses', 'openai', 'gpt-5.4-nano'],
] as const)(
  '%s: the model whose key is set proposes, and everything else stays the same',
  async (wire, provider, model) => {
    const { server, data, run } = await withModel(wire)
    server.reply(
      decision({ severity: 'critical' }),
      decision({ confidence: 0.4 }),
      // For an alert that its source calls high, which an agent may not dismiss.
      decision({ severity: 'low', remediation: 'dismiss' }),
    )
    server.always(decision())

    const waiting = await run()
    const { code, out, err } = await run('--approve-all', '--json')

    expect(waiting.code).toBe(0)
    expect(waiting.out).toMatch(`Proposed by ${provider}, model ${model}, at 127.0.0.1:`)
    expect(waiting.out).toContain(`12 proposed by ${provider}, ${model}-2026-11-01`)
    expect(waiting.out).toContain('3 wait for a person')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out)).toMatchObject({ states: { FILED: 11, DISMISSED: 1 }, verified: true })
    expect(query(data, 'tickets.db', 'SELECT DISTINCT title FROM tickets')).toEqual([
      { title: 'Look into it' },
    ])
    expect(server.requests).toHaveLength(12)
    expect(server.requests.every(({ keyMatched }) => keyMatched)).toBe(true)
    for (const text of [
      waiting.out,
      waiting.err,
      out,
      ...readdirSync(data).map((file) => readFileSync(join(data, file), 'latin1')),
    ])
      expect(text.includes(server.apiKey)).toBe(false)
  },
)

test('the ledger names the requested model, the served model, the prompt and the cost', async () => {
  const { server, data, run } = await withModel()
  server.always(decision())

  await run('--model', 'claude-of-mine')

  const bodies = query(
    data,
    'loop.db',
    "SELECT body FROM entry WHERE type = 'loop.transition.executed' ORDER BY rowid",
  )
  const [assess, remediate] = bodies.map(({ body }) => JSON.parse(String(body)))
  expect(assess).toMatchObject({ transitionId: 'assess' })
  expect(assess.actor).toMatchObject({
    type: 'ai-agent',
    id: 'agent:triage',
    provider: 'anthropic',
    modelId: 'claude-of-mine',
    servedModel: 'claude-of-mine-2026-11-01',
    promptHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    promptVersion: 'triage/1',
    responseId: 'msg_0001',
    confidence: 0.9,
    usage: { inputTokens: 120, outputTokens: 30 },
  })
  expect(remediate).toMatchObject({ transitionId: 'remediate', actor: { responseId: 'msg_0001' } })
  expect(remediate.actor).not.toHaveProperty('usage')
})

test('a matter without a usable answer of the model waits, and the next start asks again', async () => {
  const { server, run } = await withModel()
  server.reply(
    { kind: 'refusal' },
    { kind: 'not_json' },
    decision({ severity: 'apocalyptic' }),
    decision({ title: ' ' }),
    decision({ rationale: '' }),
  )
  server.always(decision())

  const first = await run('--approve-all')
  const asked = server.requests.length
  const second = await run('--approve-all', '--json')

  expect(first.code).toBe(6)
  expect(first.out).toContain('5 without a proposal; nothing is lost, the next start asks again:')
  expect(first.out).toContain('anthropic refused to answer.')
  expect(first.out).toContain('5 RECEIVED\n')
  expect(first.out).toContain('7 tickets')
  expect({ code: second.code, asked: server.requests.length - asked }).toEqual({
    code: 0,
    asked: 5,
  })
  expect(JSON.parse(second.out)).toMatchObject({ states: { FILED: 12 }, tickets: 12 })
})

test.each([
  [{ kind: 'status', status: 401 }, 1, 'anthropic refused the key.', '(auth, status 401'],
  [
    { kind: 'status', status: 503, retryAfterMs: 1 },
    3,
    'Ask again later.',
    '(unavailable, status 503',
  ],
  [{ kind: 'cut', before: true }, 3, 'Ask again', '(unavailable'],
] as const)(
  '%j: a model that cannot be reached is not asked again, and a start with the rules goes on',
  async (reply, requests, cure, cause) => {
    const { server, run } = await withModel()
    server.always(reply)

    const { code, out, err } = await run('--approve-all')
    const asked = server.requests.length
    const byRules = await run('--approve-all', '--json', '--provider', 'rules')

    expect({ code, err, asked }).toEqual({ code: 6, err: '', asked: requests })
    expect(out).toContain('12 without a proposal')
    expect(out).toContain(cure)
    expect(out).toContain(cause)
    expect(out).not.toContain(server.apiKey)
    expect(byRules.code).toBe(0)
    expect(JSON.parse(byRules.out)).toMatchObject({
      proposals: { 'rules, no model': 12 },
      states: { FILED: 11, DISMISSED: 1 },
    })
    expect(server.requests).toHaveLength(asked)
  },
)

test('interrupted while the model thinks, the job ends at once, approves nothing more, and loses nothing', async () => {
  const { server, data, run } = await withModel()
  server.reply(decision({ severity: 'critical' }), { kind: 'hang' })
  server.always(decision())
  const env = { ANTHROPIC_API_KEY: server.apiKey, ANTHROPIC_BASE_URL: server.baseUrl }

  const first = await start(data, ['--as', 'alice', '--approve-all', '--json'], {
    env,
    kill: { signal: 'SIGINT', when: server.request(1) },
  })
  const second = await run('--approve-all', '--json')

  expect({ code: first.code, err: first.err }).toEqual({ code: 130, err: '' })
  expect(JSON.parse(first.out)).toMatchObject({
    interrupted: true,
    verified: true,
    counts: { opened: 2, unproposed: [] },
    waiting: [expect.any(String)],
    tickets: 0,
  })
  expect(JSON.parse(second.out)).toMatchObject({ states: { FILED: 12 } })
})

test('when the rules propose, no SDK of a vendor is loaded', async () => {
  const data = newData()
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ resolve(specifier, context, next) { loaded.push(specifier); return next(specifier, context) } })
    console.log = () => {}
    process.argv.push('main.ts', '--data', ${JSON.stringify(data)}, '--ask-none')
    process.once('exit', () => process.stdout.write(JSON.stringify(loaded)))
    await import(${JSON.stringify(join(import.meta.dirname, 'main.ts'))})`

  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@loop-engine/source', '--input-type=module', '-e', script],
    { env: { ...environment, NODE_NO_WARNINGS: '1' }, maxBuffer: 1e7 },
  )

  const loaded: string[] = JSON.parse(stdout)
  expect(loaded).toContain('@loop-engine/sdk')
  expect(loaded.filter((name) => /adapter-|anthropic|openai|genai/.test(name))).toEqual([])
})
