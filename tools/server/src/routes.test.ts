import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { Route } from './routes/route.ts'
import { routes } from './routes/routes.ts'
import { problemSchema } from './schemas/problem.ts'
import { createTestServer, type Asked, type Reply, type TestServer } from './server.fixture.ts'

let server: TestServer
let key: string
let alice: string
const covered = new Set<string>()
beforeAll(async () => {
  server = await createTestServer()
  key = server.key()
  alice = await server.login('alice', ['finance'])
})
afterAll(() => server.close())

/** Calls an operation by its id and checks the answer against the schema that documents it. */
async function ask(id: string, values: Record<string, string>, asked: Asked = {}): Promise<Reply> {
  const route = routes.find((one) => one.id === id)
  if (!route) throw new Error(`There is no operation ${id}.`)
  covered.add(id)
  const used = new Set<string>()
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    used.add(name)
    return encodeURIComponent(values[name] ?? '')
  })
  const query = new URLSearchParams(Object.entries(values).filter(([name]) => !used.has(name)))
  const reply = await server.call(
    route.method.toUpperCase(),
    `/api/v1${path}${query.size > 0 ? `?${query.toString()}` : ''}`,
    asked,
  )
  expect(faultsOf(route, reply)).toEqual([])
  return reply
}

/** The places where an answer differs from the document. */
function faultsOf({ answers }: Route, { status, headers, body }: Reply): readonly unknown[] {
  if (status < 400) return answers[status]?.schema?.safeParse(body).error?.issues ?? []
  const asSaid =
    body.type === `urn:loop-engine:problem:${body.code}` &&
    body.status === status &&
    body.requestId === headers.get('x-request-id') &&
    problemSchema.strict().safeParse(body).success
  return asSaid ? [] : [body]
}

const act = (values: Record<string, unknown>): Asked => ({ key, body: values })
const person = (values?: unknown): Asked => ({
  cookie: alice,
  ...(values !== undefined && { body: values }),
})

describe('runs', () => {
  test('definitions are listed and read', async () => {
    const list = await ask('listDefinitions', {}, { key })
    const one = await ask('getDefinition', { loopId: 'refund' }, { key })
    const { digest } = list.body.items[0]
    const pinned = await ask('getPinnedDefinition', { digest }, { key })
    const none = await ask('getDefinition', { loopId: 'nothing' }, { key })

    expect(list.body.items).toMatchObject([{ id: 'refund', states: 4 }])
    expect(one.body).toMatchObject({
      digest: list.body.items[0].digest,
      definition: { id: 'refund' },
    })
    expect(pinned.body).toEqual(one.body)
    expect(none).toMatchObject({ status: 404, body: { code: 'not_found' } })
    const unknown = { digest: '0'.repeat(64) }
    expect(await ask('getPinnedDefinition', unknown, { key })).toMatchObject({ status: 404 })
  })

  test('a run is started, read and found, whatever characters its business key has', async () => {
    for (const aggregateId of ['order-1', 'a/b?c#d e', 'ünïcödé-🙂', '%2F', 'x:y;z=1', '..a']) {
      const made = await ask(
        'startInstance',
        {},
        act({ loopId: 'refund', aggregateId, tags: ['t'] }),
      )
      const read = await ask('getInstance', { aggregateId }, { key })
      const run = await ask('getRun', { runId: made.body.runId }, { key })

      expect(made.status).toBe(201)
      expect(made.headers.get('location')).toBe(
        `/api/v1/instances/${encodeURIComponent(aggregateId)}`,
      )
      expect(read.body).toEqual(made.body)
      expect(run.body).toEqual(made.body)
    }
    const again = await ask('startInstance', {}, act({ loopId: 'refund', aggregateId: 'order-1' }))
    expect(again).toMatchObject({ status: 409, body: { code: 'already_exists' } })
    const unknown = await ask('startInstance', {}, act({ loopId: 'x', aggregateId: 'order-2' }))
    expect(unknown).toMatchObject({ status: 404 })
  })

  test('the pages of a list hold each run once', async () => {
    const seen: string[] = []
    for (let cursor: string | undefined; ;) {
      const { body } = await ask(
        'findInstances',
        { limit: '2', ...(cursor && { cursor }) },
        { key },
      )
      seen.push(...body.items.map((run: { aggregateId: string }) => run.aggregateId))
      cursor = body.cursor
      if (cursor === undefined) break
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toContain('ünïcödé-🙂')
    expect((await ask('findInstances', { status: 'failed' }, { key })).body.items).toEqual([])
    for (const [name, wrong] of [
      ['cursor', 'nonsense'],
      ['status', 'pending'],
      ['state', ''],
      ['tag', ''],
    ] as const)
      expect(await ask('findInstances', { [name]: wrong }, { key })).toMatchObject({ status: 400 })
  })

  test('only an executed transition is answered with 200', async () => {
    const aggregateId = 'order-1'
    const executed = await ask('attemptTransition', { aggregateId }, act({ signal: 'note' }))
    const blocked = await ask(
      'attemptTransition',
      { aggregateId },
      act({ transition: 'pay', evidence: { amount: 5000 } }),
    )
    const waits = await ask(
      'attemptTransition',
      { aggregateId },
      act({ transition: 'pay', evidence: { amount: 5 } }),
    )
    const unknown = await ask('attemptTransition', { aggregateId }, act({ transition: 'fly' }))
    const notForKeys = await ask(
      'attemptTransition',
      { aggregateId },
      act({ transition: 'give-up' }),
    )

    expect(executed).toMatchObject({
      status: 200,
      body: { status: 'executed', receipt: { seq: 2 } },
    })
    expect(blocked).toMatchObject({
      status: 422,
      body: { code: 'guard_failed', result: { status: 'guard_failed', guards: [{ id: 'small' }] } },
    })
    expect(waits).toMatchObject({ status: 202, body: { status: 'pending_approval' } })
    expect(unknown).toMatchObject({ status: 409, body: { reason: 'unknown_transition' } })
    expect(notForKeys).toMatchObject({ status: 403, body: { reason: 'actor_type_not_allowed' } })
  })

  test('an attempt names either a transition or a signal', async () => {
    for (const body of [{}, { transition: 'pay', signal: 'note' }]) {
      expect(await ask('attemptTransition', { aggregateId: 'order-1' }, act(body))).toMatchObject({
        status: 400,
        body: { code: 'invalid_input', path: '/transition' },
      })
    }
  })

  test('the available transitions depend on the caller and on the evidence', async () => {
    const without = await ask('listAvailable', { aggregateId: 'order-1' }, { key })
    const small = await ask(
      'askAvailable',
      { aggregateId: 'order-1' },
      act({ evidence: { amount: 1 } }),
    )
    const pay = (reply: Reply): unknown =>
      reply.body.items.find((one: { transitionId: string }) => one.transitionId === 'pay')

    expect(pay(without)).toMatchObject({ allowed: false, reasons: ['small'] })
    expect(pay(small)).toMatchObject({ allowed: true, needsApproval: 'always' })
  })

  test('a run is suspended, resumed by a person only, migrated, erased, cancelled and failed', async () => {
    const of = { aggregateId: 'a/b?c#d e' }
    const why = { reason: 'because' }
    const evidence = act({ signal: 'note', evidence: { secret: 'x' } })
    const { body: noted } = await ask('attemptTransition', of, evidence)

    expect((await ask('suspendInstance', of, act(why))).body.status).toBe('suspended')
    expect(await ask('resumeInstance', of, act(why))).toMatchObject({ status: 403 })
    expect((await ask('resumeInstance', of, person(why))).body.status).toBe('active')
    expect((await ask('migrateInstance', of, person(why))).status).toBe(200)
    const { seq } = noted.receipt
    expect(await ask('eraseEvidence', of, act({ ...why, seq }))).toMatchObject({ status: 403 })
    expect((await ask('eraseEvidence', of, person({ ...why, seq }))).status).toBe(200)
    const { body } = await ask('getHistory', of, { key })
    expect(body.items[seq - 1].evidence).toBeNull()
    expect((await ask('cancelInstance', of, act(why))).body.status).toBe('cancelled')
    expect(await ask('cancelInstance', of, act(why))).toMatchObject({ status: 403 })
    expect((await ask('failInstance', { aggregateId: '%2F' }, act(why))).body.status).toBe('failed')
  })

  test('history is paged and names who did what', async () => {
    const first = await ask('getHistory', { aggregateId: 'order-1', limit: '2' }, { key })
    const rest = await ask(
      'getHistory',
      { aggregateId: 'order-1', cursor: first.body.cursor },
      { key },
    )
    const all = [...first.body.items, ...rest.body.items]

    expect(all.map(({ entry }) => entry.seq)).toEqual(all.map((_, index) => index + 1))
    expect(all[1].entry.actor).toMatchObject({
      type: 'automation',
      id: 'automation:test',
      assurance: { method: 'api-key', subject: key.slice(0, 15) },
    })
  })
})

describe('people', () => {
  test('a decision must name the view that was seen, and only people can decide', async () => {
    const request = await server.waiting('decide-1', key)
    const seen = { decision: 'approve', revision: request.revision, viewHash: request.viewHash }
    const values = { requestId: request.id }

    expect(request).not.toHaveProperty('salt')
    expect(await ask('decide', values, act(seen))).toMatchObject({
      status: 403,
      body: { reason: 'not_a_person' },
    })
    const other = { ...seen, viewHash: '0'.repeat(64) }
    expect(await ask('decide', values, person(other))).toMatchObject({
      status: 409,
      body: { reason: 'view_changed' },
    })
    const bob = await server.login('bob', ['sales'])
    expect(await ask('decide', values, { cookie: bob, body: seen })).toMatchObject({
      status: 403,
      body: { reason: 'not_entitled' },
    })
    expect(await ask('decide', values, person(seen))).toMatchObject({
      status: 200,
      body: { status: 'executed', transition: { status: 'executed' } },
    })
    expect(await ask('decide', values, person(seen))).toMatchObject({
      status: 409,
      body: { reason: 'already_decided', result: { status: 'refused' } },
    })
    expect(await ask('decide', { requestId: 'none' }, person(seen))).toMatchObject({ status: 404 })
  })

  test('the inbox lists the requests that wait for the caller, in pages', async () => {
    const requests = [await server.waiting('in-1', key), await server.waiting('in-2', key)]
    const first = await ask('listInbox', { limit: '1' }, person())
    const second = await ask('listInbox', { limit: '1', cursor: first.body.cursor }, person())
    const agents = await ask('listInbox', {}, { key })

    const all = await ask('listInbox', {}, person())
    const ids: string[] = all.body.items.map(({ id }: { id: string }) => id)
    expect(ids.slice(-2)).toEqual(requests.map(({ id }) => id))
    expect([first.body.items[0].id, second.body.items[0].id]).toEqual(ids.slice(0, 2))
    expect(agents.body.items).toEqual([])
    const found = await ask('findApprovals', { status: 'pending', aggregateId: 'in-1' }, { key })
    expect(found.body.items).toMatchObject([{ id: requests[0].id }])
    expect((await ask('getApproval', { requestId: requests[0].id }, { key })).body.id).toBe(
      requests[0].id,
    )
  })

  test('several requests are decided at once, each judged separately', async () => {
    const request = await server.waiting('batch-1', key)
    const decision = { decision: 'reject', revision: 1, viewHash: request.viewHash, reason: 'no' }
    const { status, body, headers } = await ask(
      'decideMany',
      {},
      person({
        decisions: [
          { ...decision, requestId: 'none' },
          { ...decision, requestId: request.id },
        ],
      }),
    )

    expect(status).toBe(200)
    expect(body.items).toMatchObject([
      {
        requestId: 'none',
        problem: { code: 'not_found', requestId: headers.get('x-request-id') },
      },
      { requestId: request.id, result: { status: 'rejected' } },
    ])
  })

  test('a request is delegated and withdrawn', async () => {
    const request = await server.waiting('hand-1', key)
    const values = { requestId: request.id }
    const carol = await server.login('carol')

    expect((await ask('delegate', values, person({ to: 'carol' }))).status).toBe(200)
    expect((await ask('listInbox', {}, { cookie: carol })).body.items).toMatchObject(
      [values].map(({ requestId }) => ({ id: requestId })),
    )
    expect((await ask('withdraw', values, { key })).body.status).toBe('cancelled')
  })

  test('keys are made by people, rotated and revoked', async () => {
    const bot = { type: 'automation', id: 'bot' }
    const wanted = { name: 'ci', actor: bot, scopes: ['read'], expiresInDays: 30 }
    const made = await ask('createKey', {}, person(wanted))
    const values = { id: made.body.key.id }

    expect(made.status).toBe(201)
    expect(await ask('createKey', {}, act(wanted))).toMatchObject({ status: 403 })
    expect(await ask('rotateKey', values, act({}))).toMatchObject({ status: 403 })
    expect(await ask('revokeKey', values, { key })).toMatchObject({ status: 403 })
    expect((await ask('listKeys', {}, person())).text).not.toContain(made.body.secret)
    const rotated = await ask('rotateKey', values, person({ overlapSeconds: 0 }))
    const of = (secret: string): Promise<Reply> => ask('getSession', {}, { key: secret })
    expect((await of(made.body.secret)).status).toBe(401)
    expect((await of(rotated.body.secret)).body).toMatchObject({ kind: 'key', actor: bot })
    expect((await ask('revokeKey', values, person())).body.revokedAt).toBeTypeOf('number')
    expect((await of(rotated.body.secret)).status).toBe(401)
    expect(
      await ask('createKey', {}, person({ ...wanted, actor: { type: 'human', id: 'eve' } })),
    ).toMatchObject({ status: 400 })
  })

  test('a login link opens one session, which can be ended', async () => {
    const token = server.server.loginLink({ id: 'dora' }).split('#token=')[1]
    const asked = {
      headers: { origin: server.url, 'sec-fetch-site': 'same-origin' },
      body: { token },
    }
    const opened = await ask('openSession', {}, asked)
    const cookie = opened.headers.get('set-cookie') ?? ''
    const mine = { cookie: cookie.split(';')[0] ?? '' }

    expect(cookie).toMatch(
      /^loop_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/,
    )
    expect(await ask('openSession', {}, asked)).toMatchObject({ status: 401 })
    expect((await ask('getSession', {}, mine)).body).toMatchObject({ actor: { id: 'dora' } })
    expect((await ask('endSession', {}, mine)).status).toBe(204)
    expect((await ask('getSession', {}, mine)).status).toBe(401)
  })
})

describe('operations', () => {
  test('timers list what happens by itself', async () => {
    await server.waiting('timers-1', key)
    const one = await ask('listInstanceTimers', { aggregateId: 'timers-1' }, { key })
    const all = await ask('listTimers', { limit: '1000' }, { key })

    expect(one.body.items).toMatchObject([
      { kind: 'approval-escalation' },
      { kind: 'approval-expiry' },
      { kind: 'state-timeout', transition: 'give-up' },
    ])
    expect(all.body.items).toEqual(expect.arrayContaining(one.body.items))
  })

  test('a dead letter is listed and queued again', async () => {
    const request = await server.waiting('dead-1', key)
    const decision = { decision: 'approve', revision: 1, viewHash: request.viewHash }
    await ask('decide', { requestId: request.id }, person(decision))
    const bury = async (): Promise<void> => {
      const { store } = server
      const claims = await store.claim({
        worker: 'test',
        now: Date.now(),
        leaseMs: 1000,
        limit: 100,
      })
      await store.settle(
        claims.map(({ id, fence }) => ({
          id,
          fence,
          outcome: { kind: 'dead', at: 1, error: 'x' },
        })),
      )
    }
    await bury()
    const { body } = await ask('listDeadLetters', {}, { key })
    const letter = body.items.find((one: { aggregateId: string }) => one.aggregateId === 'dead-1')

    expect(letter).toMatchObject({ kind: 'effect', name: 'bank' })
    expect((await ask('retryDeadLetter', { id: letter.id }, { key })).status).toBe(202)
    expect((await ask('retryDeadLetter', { id: letter.id }, { key })).status).toBe(404)
  })

  test('a program can stop, only a person can release, and a tenant cannot stop everything', async () => {
    await ask('startInstance', {}, act({ loopId: 'refund', aggregateId: 'stop-1' }))
    const target = { aggregateId: 'stop-1' }
    const attempt = (): Promise<Reply> => ask('attemptTransition', target, act({ signal: 'note' }))

    expect((await ask('stop', {}, act({ target, reason: 'r' }))).status).toBe(200)
    expect(await attempt()).toMatchObject({ status: 409, body: { reason: 'stopped' } })
    expect(await ask('release', {}, act({ target, reason: 'r' }))).toMatchObject({ status: 403 })
    expect((await ask('listStops', {}, { key })).body.items).toHaveLength(1)
    expect((await ask('release', {}, person({ target, reason: 'r' }))).body.items).toEqual([])
    expect((await attempt()).status).toBe(200)
    const everything = { target: { everything: true }, reason: 'r' }
    expect(await ask('stop', {}, act(everything))).toMatchObject({ status: 403 })
    const operator = await server.login('olga', [], 'other', ['stop', 'operate', 'platform'])
    await ask('stop', {}, { cookie: operator, body: everything })
    // Each tenant sees the stop, but not who pulled it and why.
    const stops = [{ scope: '*', by: null, reason: null }]
    expect((await ask('listStops', {}, { key })).body.items).toMatchObject(stops)
    await ask('release', {}, { cookie: operator, body: everything })
  })

  test('stops are recorded, and do not appear as runs of a tenant', async () => {
    const stops = { loopId: '$control' }
    expect((await ask('findInstances', stops, { key })).body.items).toHaveLength(1)
    const { items } = (await ask('findInstances', { limit: '1000' }, { key })).body
    expect(items.map(({ loopId }: { loopId: string }) => loopId)).not.toContain('$control')
    const metrics = await ask('getMetrics', {}, { key })
    expect(metrics.body.items.map(({ loopId }: { loopId: string }) => loopId)).toEqual(['refund'])
  })

  test('metrics, verification, export and checkpoint are made from the record', async () => {
    const metrics = await ask('getMetrics', { loopId: 'refund' }, { key })
    const report = await ask('verifyRecords', { deep: 'true' }, { key })
    const exported = await ask('exportRecords', { aggregateId: 'order-1' }, { key })
    const checkpoint = await ask('getCheckpoint', {}, { key })

    expect(metrics.body.items).toMatchObject([{ loopId: 'refund' }])
    expect(report.body).toMatchObject({ ok: true, faults: [] })
    expect(exported.headers.get('content-type')).toMatch('application/jsonl')
    expect(JSON.parse(exported.text.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      kind: 'end',
    })
    expect(checkpoint.body.size).toBeGreaterThan(20)
    expect(await ask('exportRecords', { runId: 'none' }, { key })).toMatchObject({ status: 404 })
    expect(await ask('verifyRecords', { runId: 'none' }, { key })).toMatchObject({ status: 404 })
  })

  test('activity is listed newest first, filtered and in pages', async () => {
    const seen: string[] = []
    for (let cursor = ''; ;) {
      const asked = { limit: '7', aggregateId: 'order-1', ...(cursor && { cursor }) }
      const { body } = await ask('listActivity', asked, { key })
      seen.push(...body.items.map((one: { event: { sequence: string } }) => one.event.sequence))
      if (body.cursor === undefined) break
      cursor = body.cursor
    }
    expect(seen.length).toBeGreaterThan(4)
    expect(seen).toEqual(seen.toSorted().toReversed())
    expect(new Set(seen).size).toBe(seen.length)
  })
})

test('every operation was called at least once, except the stream, which has its own tests', () => {
  expect(routes.map(({ id }) => id).filter((id) => !covered.has(id))).toEqual(['streamEvents'])
})
