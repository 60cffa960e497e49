import { hashEntry, sha256Hex, type LoopStore, type StoredEntry } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { bankThat } from './bank.fixture.ts'
import { createLoopSystem, createMemoryStore, defineLoop } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:payer' } as const
const bob = { type: 'human', id: 'bob' } as const

/** A payment that bob approves, over a store that somebody else can write to. */
async function ask(change: (store: LoopStore) => Partial<LoopStore>, then = () => {}) {
  const clock = createTestClock()
  const paid: unknown[] = []
  const store = createMemoryStore()
  const { engine, approvals, relay } = await createLoopSystem({
    loops: [
      defineLoop({
        id: 'payment',
        states: ['ASKED', { id: 'PAID', terminal: true }],
        initialState: 'ASKED',
        transitions: [
          {
            id: 'pay',
            from: 'ASKED',
            to: 'PAID',
            actors: ['ai-agent'],
            approval: { reviewers: ['bob'] },
            effect: { integration: 'bank', action: 'pay', semantics: 'idempotent' },
          },
        ],
      }),
    ],
    store: { ...store, ...change(store) },
    integrations: [
      bankThat(async (input) => {
        paid.push(input)
        then()
      }),
    ],
    clock,
    relay: false,
  })
  await engine.start({ loopId: 'payment', aggregateId: 'order-1', actor: agent })
  const asked = await engine.transition({
    aggregateId: 'order-1',
    transitionId: 'pay',
    actor: agent,
    evidence: { cents: 500 },
  })
  if (asked.status !== 'pending_approval') throw new Error(asked.status)
  const approve = async () =>
    approvals.decide({ requestId: asked.approvalId, decision: 'approve', actor: bob })
  return { store, engine, relay, approve, paid, clock }
}

test('a request whose evidence was changed in the store executes nothing', async () => {
  const { engine, approve } = await ask((store) => ({
    async approval(tenant, id) {
      const request = await store.approval(tenant, id)
      return request && { ...request, evidence: { cents: 5_000_000 } }
    },
  }))
  await expect(approve()).rejects.toMatchObject({ code: 'corrupt' })
  expect(await engine.get({ aggregateId: 'order-1' })).toMatchObject({
    currentState: 'ASKED',
    version: 2,
  })
})

test('an order to act whose input was changed in the store is not carried out', async () => {
  const { store, relay, approve, paid } = await ask((inner) => ({
    async claim(query) {
      const claims = await inner.claim(query)
      return claims.map((claim) => ({ ...claim, payload: '{"cents":5000000}' }))
    },
  }))
  expect(await approve()).toMatchObject({ status: 'executed' })
  await relay.drain()
  expect(paid).toEqual([])
  expect(await store.deadLetters({ tenant: 'default' })).toMatchObject({
    items: [{ kind: 'effect' }],
  })
})

const forged = '{"cents":5000000}'

/** A store in which an order, and the entry that it rests on, say something else than was committed. */
const forgedOrders = (store: LoopStore, rehash: boolean): Partial<LoopStore> => ({
  async claim(query) {
    const claims = await store.claim(query)
    return claims.map((claim) => (claim.kind === 'effect' ? { ...claim, payload: forged } : claim))
  },
  async entries(...query) {
    return (await store.entries(...query)).map((entry): StoredEntry => {
      if (entry.type !== 'loop.transition.executed') return entry
      const body = entry.body.replace(
        /"inputDigest":"[0-9a-f]+"/,
        `"inputDigest":"${sha256Hex(forged)}"`,
      )
      return { ...entry, body, hash: rehash ? hashEntry(body) : entry.hash }
    })
  },
})

test.each([false, true])(
  'an order to act is not carried out if the entry behind it was changed with it (rehashed: %s)',
  async (rehash) => {
    const { store, relay, approve, paid } = await ask((inner) => forgedOrders(inner, rehash))
    expect(await approve()).toMatchObject({ status: 'executed' })
    await relay.drain()
    expect(paid).toEqual([])
    expect(await store.deadLetters({ tenant: 'default' })).toMatchObject({
      items: [{ kind: 'effect', error: expect.stringContaining('corrupt') }],
    })
  },
)

test('a receipt that is spent by the record is not spent again, whatever the store says', async () => {
  const { store, relay, approve, paid, clock } = await ask(
    (inner) => ({
      spentBy: async () => null,
      commit: async (plans) => inner.commit(plans.map(({ spend: _, ...plan }) => plan)),
    }),
    () => {
      throw new Error('the line is dead')
    },
  )
  await approve()
  await relay.drain()
  clock.advance(3_600_000)
  await relay.drain()
  expect(paid).toHaveLength(1)
  expect(await store.deadLetters({ tenant: 'default' })).toMatchObject({
    items: [{ kind: 'effect', error: 'refused: spent' }],
  })
})

test('an expired receipt stays expired, although the store says that it was spent', async () => {
  let order = ''
  const { store, relay, approve, paid, clock } = await ask(() => ({ spentBy: async () => order }))
  const decided = await approve()
  if (decided.status === 'executed') order = `${decided.request.runId}:4:effect`
  clock.advance(2 * 86_400_000)
  await relay.drain()
  expect(paid).toEqual([])
  expect(await store.deadLetters({ tenant: 'default' })).toMatchObject({
    items: [{ kind: 'effect', error: expect.stringContaining('corrupt') }],
  })
})

test('a timeout takes the transition that the definition names, whatever the outbox says', async () => {
  const clock = createTestClock()
  const kept = createMemoryStore()
  const { engine, relay } = await createLoopSystem({
    loops: [
      defineLoop({
        id: 'order',
        states: [
          { id: 'OPEN', timeout: { after: '1m', transition: 'lapse' } },
          { id: 'LAPSED', terminal: true },
          { id: 'PAID', terminal: true },
        ],
        initialState: 'OPEN',
        transitions: [
          { id: 'lapse', from: 'OPEN', to: 'LAPSED', actors: ['system'] },
          { id: 'settle', from: 'OPEN', to: 'PAID', actors: ['system'] },
        ],
      }),
    ],
    store: {
      ...kept,
      async claim(query) {
        const claims = await kept.claim(query)
        return claims.map((claim) => ({
          ...claim,
          payload: '{"transition":"settle"}',
        }))
      },
    },
    clock,
    relay: false,
  })
  await engine.start({ loopId: 'order', aggregateId: 'order-1', actor: agent })
  clock.advance(60_000)
  await relay.drain()
  expect(await engine.get({ aggregateId: 'order-1' })).toMatchObject({ currentState: 'LAPSED' })
})

test.each([
  ['a timeout', { timeout: { after: '1h', transition: 'lapse' } }],
  ['an expiry', {}],
  ['an escalation', {}],
])('%s comes no sooner than the record says, whatever the outbox says', async (what, state) => {
  const clock = createTestClock()
  const kept = createMemoryStore()
  const { engine, approvals, relay } = await createLoopSystem({
    loops: [
      defineLoop({
        id: 'order',
        states: [
          { id: 'OPEN', ...state },
          { id: 'LAPSED', terminal: true },
          { id: 'PAID', terminal: true },
        ],
        initialState: 'OPEN',
        transitions: [
          { id: 'lapse', from: 'OPEN', to: 'LAPSED', actors: ['system'] },
          {
            id: 'pay',
            from: 'OPEN',
            to: 'PAID',
            actors: ['ai-agent'],
            approval: {
              reviewers: ['bob'],
              expiresIn: '1h',
              ...(what === 'an escalation'
                ? { escalate: [{ after: '1h', reviewers: ['cleo'] }], expiresIn: '2h' }
                : { onExpiry: 'lapse' }),
            },
          },
        ],
      }),
    ],
    // Whoever can write to the database brings forward what is due.
    store: {
      ...kept,
      commit: async (plans) =>
        kept.commit(
          plans.map((plan) => ({
            ...plan,
            outbox: plan.outbox?.map((item) => ({ ...item, dueAt: clock.now() })),
          })),
        ),
    },
    clock,
    relay: false,
  })
  const order = { aggregateId: 'order-1', actor: agent } as const
  await engine.start({ ...order, loopId: 'order' })
  if (what !== 'a timeout') await engine.transition({ ...order, transitionId: 'pay' })
  const hasHappened = async (): Promise<boolean> => {
    await relay.drain()
    const run = await engine.get(order)
    const [request] = (await approvals.find()).items
    return run?.currentState === 'LAPSED' || request?.escalated.length === 1
  }

  expect(await hasHappened()).toBe(false)
  clock.advance(59 * 60_000 - 1)
  expect(await hasHappened()).toBe(false)
  clock.advance(60_001)
  expect(await hasHappened()).toBe(true)
})

/** A restart that was executed, over a store that somebody else can write to, and the sealed function that does it. */
async function restarted(change: (store: LoopStore) => Partial<LoopStore>) {
  const kept = createMemoryStore()
  const { engine } = await createLoopSystem({
    loops: [
      defineLoop({
        id: 'ops.restart',
        states: ['OPEN', 'DONE', { id: 'CLOSED', terminal: true }],
        initialState: 'OPEN',
        transitions: [
          { id: 'restart', from: 'OPEN', to: 'DONE', actors: ['ai-agent'] },
          { id: 'close', from: 'DONE', to: 'CLOSED', actors: ['human'] },
        ],
      }),
    ],
    store: { ...kept, ...change(kept) },
    relay: false,
  })
  const run = { aggregateId: 'incident-1', actor: agent }
  await engine.start({ loopId: 'ops.restart', ...run })
  const evidence = { host: 'web-1' }
  const done = await engine.transition({ ...run, transitionId: 'restart', evidence })
  if (done.status !== 'executed') throw new Error(done.status)
  const restart = engine.seal(
    { loopId: 'ops.restart', transitionId: 'restart' },
    async ({ host }: { host: string }) => host,
  )
  return async (host: string) => restart(done.receipt, { host })
}

test('a sealed function does not run for evidence that was changed in the store', async () => {
  const restart = await restarted((store) => ({
    async entries(...query) {
      const evidence = '{"host":"db-1"}'
      return (await store.entries(...query)).map((entry) => ({ ...entry, evidence }))
    },
  }))
  await expect(restart('db-1')).rejects.toMatchObject({ details: { reason: 'input_mismatch' } })
})

test('a sealed function does not run again when the store forgot that it did', async () => {
  const restart = await restarted((store) => ({
    commit: async (plans) => store.commit(plans.map(({ spend: _, ...plan }) => plan)),
  }))
  expect(await restart('web-1')).toBe('web-1')
  await expect(restart('web-1')).rejects.toMatchObject({ details: { reason: 'spent' } })
})
