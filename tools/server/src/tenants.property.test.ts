import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'

import type { Route } from './routes/route.ts'
import { routes } from './routes/routes.ts'
import { createTestServer, type Asked, type TestServer } from './server.fixture.ts'

const canary = 'CANARY'
// The victim is the default tenant, so that code which falls back to it by mistake is noticed.
const theirs = 'default'
let server: TestServer
let victim: Victim
let callers: Readonly<Record<string, Asked>>
beforeAll(async () => {
  server = await createTestServer()
  victim = await createVictim()
  const key = server.key('acme')
  await server.waiting('own-1', key)
  const { keys } = server.server
  const revoked = keys.create({ ...newKey, scopes: ['read'] })
  keys.revoke('acme', revoked.key.id)
  callers = {
    'all scopes': { key },
    agent: { key: server.key('acme', 'ai-agent') },
    reader: { key: keys.create({ ...newKey, scopes: ['read'] }).secret },
    'no scopes': { key: keys.create({ ...newKey, scopes: [] }).secret },
    person: { cookie: await server.login('alice', ['finance', 'head'], 'acme') },
    revoked: { key: revoked.secret },
    stranger: {},
    forged: { key: `lk_${'a'.repeat(12)}_${'b'.repeat(43)}` },
  }
})
afterAll(() => server.close())

const newKey = {
  tenant: 'acme',
  name: 'k',
  actor: { type: 'automation', id: 'bot' },
  createdBy: 'test',
} as const

interface Victim {
  readonly ids: readonly string[]
  readonly viewHash: string
  readonly etag: string
}

/** A tenant with data of every kind, each marked where it can hold a mark. */
async function createVictim(): Promise<Victim> {
  const key = server.key(theirs)
  const body = {
    loopId: 'refund',
    aggregateId: 'theirs-1',
    metadata: { mark: canary },
    tags: [canary],
    correlationId: canary,
  }
  const { body: run, headers } = await server.call('POST', '/api/v1/instances', { key, body })
  const evidence = { amount: 5, mark: canary }
  const attempt = { key, body: { transition: 'pay', evidence } }
  const path = '/api/v1/instances/theirs-1'
  const { body: waits } = await server.call('POST', `${path}/transitions`, attempt)
  const { body: request } = await server.call('GET', `/api/v1/approvals/${waits.approvalId}`, {
    key,
  })
  await bury()
  const stop = { target: { loopId: 'their-loop' }, reason: canary }
  await server.call('POST', '/api/v1/stops', { key, body: stop })
  const { body: page } = await server.call('GET', '/api/v1/instances?limit=1', { key })
  const { key: made } = server.server.keys.create({
    ...newKey,
    tenant: theirs,
    name: canary,
    scopes: [],
  })
  return {
    ids: [
      run.aggregateId,
      run.runId,
      request.id,
      made.id,
      `${waits.approvalId}:approval-expiry:0`,
      page.cursor ?? '1',
    ],
    viewHash: request.viewHash,
    etag: headers.get('etag') ?? '',
  }
}

/** Gives up all waiting deliveries of the victim: its timers become dead letters. */
async function bury(): Promise<void> {
  const now = Date.now() + 30 * 86_400_000
  const claims = await server.store.claim({ worker: 'test', now, leaseMs: 1000, limit: 100 })
  const outcome = { kind: 'dead', at: 1, error: canary } as const
  await server.store.settle(claims.map(({ id, fence }) => ({ id, fence, outcome })))
}

/** A valid body for each operation, with the ids of the victim. */
function bodyOf(route: Route, id: string): unknown {
  const decision = { decision: 'approve', revision: 1, viewHash: victim.viewHash }
  const bodies: Record<string, unknown> = {
    startInstance: { loopId: 'refund', aggregateId: `${id}-own-${Math.abs(hash(id))}` },
    attemptTransition: { transition: 'note' },
    askAvailable: {},
    migrateInstance: { reason: 'r' },
    eraseEvidence: { reason: 'r', seq: 2 },
    decide: decision,
    decideMany: { decisions: victim.ids.map((requestId) => ({ ...decision, requestId })) },
    delegate: { to: 'alice' },
    withdraw: {},
    stop: { target: { aggregateId: id }, reason: 'r' },
    release: { target: { loopId: 'their-loop' }, reason: 'r' },
    createKey: { name: 'k', actor: newKey.actor, scopes: ['read'] },
    rotateKey: {},
    openSession: { token: id },
  }
  return bodies[route.id] ?? { reason: 'r' }
}

const hash = (text: string): number => Buffer.from(text).reduce((sum, byte) => sum + byte, 0)

async function stateOf(tenant: string): Promise<string> {
  const { items } = await server.store.find({ tenant, limit: 1000 })
  const { items: requests } = await server.store.approvals({ tenant, limit: 1000 })
  const stops = await server.store.stops()
  return JSON.stringify([
    items,
    requests,
    server.server.keys.list({ tenant }).items.map((key) => ({ ...key, usedAt: null })),
    stops.filter(({ scope }) => scope.split(':')[1] === tenant),
  ])
}

// Left out: a stream does not end, and ending a session needs no credential.
const attacked = routes
  .map(({ id }) => id)
  .filter((id) => id !== 'streamEvents' && id !== 'endSession')

/** The statuses with which an attack on the data of another tenant may be answered; null if the request is no attack. */
function expectedOf({ path, scope }: Route, caller: string): readonly number[] | null {
  if (['revoked', 'stranger', 'forged'].includes(caller)) return [400, 401]
  if (caller === 'no scopes' && scope !== 'public') return [403]
  const aimed = path.includes('{') && !path.includes('{loopId}')
  return aimed ? [400, 403, 404, 412] : null
}

test('no credential reaches the data of another tenant by any route', async () => {
  const before = await stateOf(theirs)
  const reached = new Set<string>()
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(callers)),
      fc.constantFrom(...attacked),
      fc.constantFrom(...victim.ids),
      fc.boolean(),
      async (caller, routeId, id, tagged) => {
        const route = routes.find((one) => one.id === routeId)
        if (!route) throw new Error('There is no such route.')
        const asked = callers[caller] ?? {}
        const query = Object.keys(route.query?.shape ?? {})
          .filter((name) => ['aggregateId', 'runId', 'cursor'].includes(name))
          .map((name) => `${name}=${encodeURIComponent(id)}`)
        const reply = await server.call(
          route.method.toUpperCase(),
          `/api/v1${route.path.replaceAll(/\{\w+\}/g, encodeURIComponent(id))}${query.length > 0 && tagged ? `?${query.join('&')}` : ''}`,
          {
            ...asked,
            headers: {
              origin: server.url,
              ...(tagged && route.ifMatch && { 'if-match': victim.etag }),
            },
            ...(route.body && { body: bodyOf(route, id) }),
          },
        )
        reached.add(`${caller} ${reply.status}`)
        const leaked = reply.text.includes(canary)
        const wanted = expectedOf(route, caller)
        const wrong = wanted !== null && !wanted.includes(reply.status)
        expect([route.id, caller, leaked, reply.status >= 500, wrong]).toEqual([
          route.id,
          caller,
          false,
          false,
          false,
        ])
      },
    ),
    { numRuns: 1500, seed: 1 },
  )

  expect(await stateOf(theirs)).toBe(before)
  for (const one of ['all scopes 200', 'all scopes 404', 'person 200', 'person 404', 'reader 403'])
    expect(reached).toContain(one)
}, 120_000)

test('a route needs its scope, and with that scope it works', async () => {
  const { keys } = server.server
  for (const route of routes.filter(({ scope }) => scope !== 'public')) {
    const path = `/api/v1${route.path.replaceAll(/\{\w+\}/g, 'own-1')}`
    const all = ['read', 'run', 'decide', 'stop', 'operate', 'export', 'keys'] as const
    const others = all.filter((scope) => scope !== route.scope)
    const body = route.body ? { body: {} } : {}
    const method = route.method.toUpperCase()
    const without = keys.create({ ...newKey, scopes: others }).secret
    const refused = await server.call(method, path, { key: without, ...body })

    expect([route.id, refused.status, refused.body.reason]).toEqual([
      route.id,
      403,
      'scope_missing',
    ])
  }
})

test('the event stream of one tenant holds nothing of another', async () => {
  const response = await fetch(`${server.url}/api/v1/events?last=100000`, {
    headers: { authorization: `Bearer ${callers['all scopes']?.key}` },
  })
  let text = ''
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  while (!text.includes('own-1')) text += (await reader?.read())?.value ?? ''
  await reader?.cancel()

  expect(text).toContain('urn:loop-engine:acme:refund')
  expect(text).not.toContain(canary)
})

test('GET and HEAD change nothing, whoever calls them', async () => {
  const before = await Promise.all(['acme', theirs].map(stateOf))
  const ids = ['own-1', ...victim.ids].map(encodeURIComponent)
  // Each path once, whichever methods it has, and the same one for all ids where it names none.
  const paths = new Set(
    routes.flatMap(({ path }) => ids.map((id) => path.replaceAll(/\{\w+\}/g, id))),
  )
  for (const path of paths) {
    await Promise.all(
      Object.entries(callers).map(async ([name, asked]) => {
        if (path === '/events' && name !== 'stranger') return
        const query = '?decision=approve&approved=true&reason=r'
        await server.call('GET', `/api/v1${path}`, asked)
        await server.call('GET', `/api/v1${path}${query}`, asked)
        await server.call('HEAD', `/api/v1${path}`, asked)
      }),
    )
  }

  expect(await Promise.all(['acme', theirs].map(stateOf))).toEqual(before)
}, 120_000)
