import type { EffectSpec } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:ops' } as const
const toRestart = { loopId: 'ops.restart', transitionId: 'restart' } as const

test('a sealed function gets the licensed input, even if the caller changes its object meanwhile', async () => {
  const store = createMemoryStore()
  const input = { host: 'web-1' }
  let isSpending = false
  const { engine } = await createLoopSystem({
    loops: [
      defineLoop({
        id: 'ops.restart',
        states: ['OPEN', { id: 'DONE', terminal: true }],
        initialState: 'OPEN',
        transitions: [{ id: 'restart', from: 'OPEN', to: 'DONE', actors: ['ai-agent'] }],
      }),
    ],
    store: {
      ...store,
      async commit(plans) {
        if (isSpending) input.host = 'db-1'
        return store.commit(plans)
      },
    },
    relay: false,
  })
  await engine.start({ loopId: 'ops.restart', aggregateId: 'incident-1', actor: agent })
  const done = await engine.transition({
    aggregateId: 'incident-1',
    transitionId: 'restart',
    actor: agent,
    evidence: input,
  })
  if (done.status !== 'executed') throw new Error(done.status)
  isSpending = true

  const restarted = await engine.seal(toRestart, async ({ host }: { host: string }) => host)(
    done.receipt,
    input,
  )

  expect([restarted, input.host]).toEqual(['web-1', 'db-1'])
})

/** A restart that was executed, and the sealed function that its receipt licenses. */
async function restarted(effect?: EffectSpec) {
  const clock = createTestClock()
  const { engine } = await createLoopSystem({
    loops: [
      defineLoop({
        id: 'ops.restart',
        states: ['OPEN', 'DONE', { id: 'CLOSED', terminal: true }],
        initialState: 'OPEN',
        transitions: [
          {
            id: 'restart',
            from: 'OPEN',
            to: 'DONE',
            actors: ['ai-agent'],
            ...(effect && { effect }),
          },
          { id: 'close', from: 'DONE', to: 'CLOSED', actors: ['human'] },
        ],
      }),
    ],
    integrations: [
      {
        contract: 'integration/v1',
        name: 'hosts',
        actions: { restart: { input: { parse: (value) => value }, run: async () => {} } },
      },
    ],
    clock,
    limits: { receiptTtlMs: 1000 },
    relay: false,
  })
  const target = { aggregateId: 'incident-1' }
  await engine.start({ ...target, loopId: 'ops.restart', actor: agent })
  const done = await engine.transition({
    ...target,
    transitionId: 'restart',
    actor: agent,
    evidence: { host: 'web-1' },
  })
  if (done.status !== 'executed') throw new Error(done.status)
  const { receipt } = done
  const restart = engine.seal(toRestart, async ({ host }: { host: string }, context) => [
    host,
    context,
  ])
  return { engine, clock, receipt, run: async () => restart(receipt, { host: 'web-1' }) }
}

const order = { actor: { type: 'human', id: 'olga' }, reason: 'drill' } as const

test('a sealed function is recorded when it begins, and is given its licence', async () => {
  const { engine, receipt, run } = await restarted()
  expect(await run()).toEqual(['web-1', { receipt, idempotencyKey: receipt.entry }])
  const entries = await Array.fromAsync(engine.history({ aggregateId: 'incident-1' }))
  expect(entries.at(-1)?.entry).toMatchObject({
    type: 'loop.effect.started',
    transitionId: 'restart',
    receipt: receipt.entry,
    data: { sealed: 'restart' },
  })
})

test('a sealed function is given the licence on record, whatever else the receipt says', async () => {
  const { engine, receipt } = await restarted()
  const restart = engine.seal(toRestart, async (_: { host: string }, context) => context)

  const context = await restart(
    { ...receipt, aggregateId: 'incident-2', transitionId: 'wipe', expiresAt: Infinity },
    { host: 'web-1' },
  )

  expect(context).toEqual({ receipt, idempotencyKey: receipt.entry })
})

test('a receipt that reads differently the second time is spent as it was first read', async () => {
  const { engine, receipt } = await restarted()
  const restart = engine.seal(toRestart, async ({ host }: { host: string }) => host)
  let reads = 0
  const changing = (): typeof receipt => ({
    ...receipt,
    get entry() {
      reads += 1
      return reads === 1 ? receipt.entry : reads.toString(16).padStart(64, '0')
    },
  })

  expect(await restart(changing(), { host: 'web-1' })).toBe('web-1')
  reads = 0
  await expect(restart(changing(), { host: 'web-1' })).rejects.toMatchObject({
    details: { reason: 'spent' },
  })
})

test('a receipt does not open a function that was sealed for another transition or another loop', async () => {
  const wipe = { id: 'wipe', from: 'OPEN', to: 'OPEN', actors: ['ai-agent' as const] }
  const loops = ['hosts', 'disks'].map((id) =>
    defineLoop({
      id,
      states: ['OPEN', { id: 'DONE', terminal: true }],
      initialState: 'OPEN',
      transitions: [
        { ...wipe, id: 'look' },
        wipe,
        { id: 'close', from: 'OPEN', to: 'DONE', actors: ['human'] },
      ],
    }),
  )
  const { engine } = await createLoopSystem({ loops, relay: false })
  const run = { aggregateId: 'db-1', actor: agent }
  await engine.start({ ...run, loopId: 'disks' })
  const take = async (transitionId: string) => {
    const done = await engine.transition({ ...run, transitionId, evidence: { disk: 'sda' } })
    if (done.status !== 'executed') throw new Error(done.status)
    return done.receipt
  }
  const wiped: unknown[] = []
  const seal = (loopId: string) =>
    engine.seal({ loopId, transitionId: 'wipe' }, async (input: { disk: string }) => {
      wiped.push(input)
    })
  const [looked, licence] = [await take('look'), await take('wipe')]

  for (const [wiping, receipt] of [
    [seal('disks'), looked],
    [seal('hosts'), licence],
    [seal('disks'), { ...looked, transitionId: 'wipe' }],
  ] as const)
    await expect(wiping(receipt, { disk: 'sda' })).rejects.toMatchObject({
      code: 'refused',
      details: { reason: 'other_transition' },
      hint: 'Give it a receipt of the transition that it was sealed for.',
    })

  expect(wiped).toEqual([])
  // What was refused has spent nothing.
  await seal('disks')(licence, { disk: 'sda' })
  expect(wiped).toEqual([{ disk: 'sda' }])
})

test('a function can be sealed only for an existing transition', async () => {
  const { engine } = await restarted()
  const run = async (): Promise<void> => {}
  expect(() => engine.seal({ ...toRestart, loopId: 'ops.restrat' }, run)).toThrow(
    expect.objectContaining({ code: 'not_found', message: 'No loop of this id is registered.' }),
  )
  expect(() => engine.seal({ ...toRestart, transitionId: 'restrat' }, run)).toThrow(
    expect.objectContaining({
      code: 'not_found',
      details: { loopId: 'ops.restart', transitionId: 'restrat', known: ['restart', 'close'] },
    }),
  )
})

test('a receipt licenses a sealed function once, before it expires', async () => {
  const { clock, run } = await restarted()
  clock.advance(999)
  await run()
  await expect(run()).rejects.toMatchObject({ details: { reason: 'spent' } })

  const late = await restarted()
  late.clock.advance(1000)
  await expect(late.run()).rejects.toMatchObject({ details: { reason: 'receipt_expired' } })
})

test('the receipt of a transition with an effect licenses that effect, and no sealed function', async () => {
  const { run } = await restarted({
    integration: 'hosts',
    action: 'restart',
    semantics: 'at-most-once',
  })
  await expect(run()).rejects.toMatchObject({
    details: { reason: 'reserved_for_effect' },
    hint: 'Leave it to the integration, or declare no effect.',
  })
})

test('a stop and a suspension hold up a sealed function', async () => {
  const { engine, run } = await restarted()
  const stop = { ...order, target: { actorId: agent.id } }
  await engine.stop(stop)
  await expect(run()).rejects.toMatchObject({
    details: { reason: 'stopped' },
    hint: 'Once the stop is released the receipt is good, until it expires.',
  })
  await engine.release(stop)
  await engine.suspend({ ...order, aggregateId: 'incident-1' })
  await expect(run()).rejects.toMatchObject({ details: { reason: 'suspended' } })
  await engine.resume({ ...order, aggregateId: 'incident-1' })
  expect(await run()).toMatchObject(['web-1', {}])
})
