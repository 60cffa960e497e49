import { afterAll, beforeAll, expect, test } from 'vitest'

import { createLoopClient, LoopClientError, type LoopClient } from './index.ts'
import { browser, serve, type Served } from './served.fixture.ts'

let served: Served
let bot: LoopClient
let alice: LoopClient
beforeAll(async () => {
  served = await serve()
  bot = createLoopClient({ baseUrl: served.url, credential: served.key })
  alice = createLoopClient({ baseUrl: served.url, fetch: browser(served.url) })
  await alice.session.open(served.invite('alice', ['finance']))
})
afterAll(() => served.close())

test('a run goes from its start to its approval and its record', async () => {
  const started = await bot.instances.start({ loopId: 'refund', aggregateId: 'a/1' })
  const blocked = await bot.instances.transition('a/1', {
    transition: 'pay',
    evidence: { amount: 5000 },
  })
  const waits = await bot.instances.transition('a/1', {
    transition: 'pay',
    evidence: { amount: 5 },
  })
  const [request] = await Array.fromAsync(alice.approvals.inbox())
  if (!request) throw new Error('Nothing waits.')
  const asBot = await bot.approvals.decide(request, { decision: 'approve' })
  const decided = await alice.approvals.decide(request, { decision: 'approve', reason: 'fine' })
  const late = await alice.approvals.decide(request, { decision: 'approve' })

  expect(started).toMatchObject({ aggregateId: 'a/1', version: 1 })
  expect(blocked).toMatchObject({
    status: 'guard_failed',
    guards: [{ id: 'small', passed: false }],
  })
  expect(waits).toMatchObject({ status: 'pending_approval', approvalId: request.id })
  expect(asBot).toMatchObject({ status: 'refused', reason: 'not_a_person' })
  expect(decided).toMatchObject({ status: 'executed', transition: { toState: 'DONE' } })
  expect(late).toMatchObject({ status: 'refused', reason: 'already_decided' })
  const history = await Array.fromAsync(bot.instances.history('a/1', { limit: 2 }))
  expect(history.map(({ entry }) => entry.seq)).toEqual(history.map((_, index) => index + 1))
  expect(await bot.verify({ runId: started.runId })).toMatchObject({ ok: true })
})

test('a refusal without a result is thrown as LoopClientError', async () => {
  const error = await bot.instances.get('nothing').catch((thrown: unknown) => thrown)
  const anonymous = createLoopClient({ baseUrl: served.url })

  expect(error).toBeInstanceOf(LoopClientError)
  expect(error).toMatchObject({
    code: 'not_found',
    status: 404,
    retryable: false,
    requestId: expect.any(String),
  })
  await expect(anonymous.definitions.list()).rejects.toMatchObject({ code: 'auth', status: 401 })
  expect((await bot.keys.list().page()).items.map(({ name }) => name)).toContain('test')
  await expect(
    bot.keys.create({ name: 'k', actor: { type: 'automation', id: 'x' }, scopes: ['read'] }),
  ).rejects.toMatchObject({
    code: 'refused',
    reason: 'not_a_person',
  })
  await expect(bot.instances.get('..')).rejects.toThrow(/business key/)
})

test('lists are read to their end, page by page', async () => {
  for (let index = 0; index < 7; index++)
    await bot.instances.start({ loopId: 'refund', aggregateId: `many-${index}`, tags: ['many'] })
  const found = bot.instances.find({ tag: 'many', limit: 3 })
  const first = await found.page()

  expect(first.items).toHaveLength(3)
  expect((await found.page(first.cursor)).items[0]?.aggregateId).toBe('many-3')
  expect((await Array.fromAsync(found)).map(({ aggregateId }) => aggregateId)).toEqual(
    Array.from({ length: 7 }, (_, index) => `many-${index}`),
  )
  const activity = await Array.fromAsync(bot.activity({ aggregateId: 'many-3', limit: 2 }))
  expect(activity.map(({ event }) => event.subject)).toEqual(['many-3'])
})

test('a run that has changed since it was read is not changed', async () => {
  const seen = await bot.instances.start({ loopId: 'refund', aggregateId: 'match' })
  await bot.instances.transition('match', { signal: 'note' }, { expected: seen })

  await expect(
    bot.instances.transition('match', { signal: 'note' }, { expected: seen }),
  ).rejects.toMatchObject({ code: 'precondition_failed', status: 412 })
  await expect(
    bot.instances.cancel('match', { reason: 'r' }, { expected: seen }),
  ).rejects.toMatchObject({
    status: 412,
  })
})

test('the rest of the API works', async () => {
  await bot.instances.start({ loopId: 'refund', aggregateId: 'rest' })
  const available = await bot.instances.available('rest', { evidence: { amount: 1 } })
  const request = await bot.instances.transition('rest', {
    transition: 'pay',
    evidence: { amount: 1 },
  })
  const requestId = request.status === 'pending_approval' ? request.approvalId : ''
  const target = { aggregateId: 'rest' }

  expect(available.find(({ transitionId }) => transitionId === 'pay')?.allowed).toBe(true)
  expect((await bot.instances.timers('rest')).map(({ kind }) => kind)).toContain('state-timeout')
  expect((await bot.timers.list().page()).items.length).toBeGreaterThan(0)
  expect(await alice.approvals.delegate(requestId, { to: 'bob' })).toMatchObject({
    status: 'recorded',
  })
  const { revision, viewHash } = await bot.approvals.get(requestId)
  expect(
    await alice.approvals.decideMany([
      { requestId, decision: 'reject', revision, viewHash },
      { requestId: 'none', decision: 'reject', revision, viewHash },
    ]),
  ).toMatchObject([{ result: { status: 'rejected' } }, { problem: { code: 'not_found' } }])
  expect(await bot.stops.stop({ target, reason: 'r' })).toMatchObject({ by: 'automation:bot' })
  expect(await bot.stops.list()).toHaveLength(1)
  expect(await alice.stops.release({ target, reason: 'r' })).toEqual([])
  expect(await bot.deadLetters.list().page()).toEqual({ items: [] })
  await expect(bot.deadLetters.retry('none')).rejects.toMatchObject({ code: 'not_found' })
  const again = await bot.instances.transition('rest', {
    transition: 'pay',
    evidence: { amount: 2 },
  })
  const id = again.status === 'pending_approval' ? again.approvalId : ''
  expect(await bot.approvals.withdraw(id)).toMatchObject({ status: 'cancelled' })
  const { runId, definition } = again.instance
  expect(await bot.instances.run(runId)).toMatchObject({ aggregateId: 'rest' })
  expect(await bot.definitions.pinned(definition.digest)).toMatchObject({
    definition: { id: 'refund' },
  })
  expect((await bot.definitions.list())[0]?.id).toBe('refund')
  expect((await bot.definitions.get('refund')).definition).toMatchObject({ id: 'refund' })
  expect((await bot.metrics({ loopId: 'refund' }))[0]?.loopId).toBe('refund')
  expect((await bot.checkpoint()).size).toBeGreaterThan(0)
  expect(await new Response(await bot.export({ aggregateId: 'rest' })).text()).toContain(
    '"kind":"end"',
  )
  const made = await alice.keys.create({
    name: 'k',
    actor: { type: 'ai-agent', id: 'agent' },
    scopes: ['read'],
  })
  const agent = createLoopClient({ baseUrl: served.url, credential: async () => made.secret })
  // The credential is neither a login link nor the token of a person.
  await expect(alice.session.open()).rejects.toMatchObject({ code: 'auth' })
  expect(await agent.session.get()).toMatchObject({ actor: { id: 'agent' } })
  expect((await alice.keys.rotate(made.key.id)).secret).not.toBe(made.secret)
  expect((await alice.keys.revoke(made.key.id)).revokedAt).not.toBeNull()
  await alice.session.end()
  await expect(alice.session.get()).rejects.toMatchObject({ code: 'auth' })
})
