import { expect, onTestFinished, test } from 'vitest'

import { bankThat } from './bank.fixture.ts'
import {
  createLoopSystem,
  createMemoryStore,
  LoopBuilder,
  type LoopSystemOptions,
} from './index.ts'
import { askForPayment, paymentWith, person } from './payment.fixture.ts'

const loop = LoopBuilder.create('ops.note')
  .state('OPEN')
  .state('CLOSED', { isTerminal: true })
  .initialState('OPEN')
  .transition({ id: 'note', from: 'OPEN', to: 'OPEN', actors: ['human'] })
  .transition({ id: 'close', from: 'OPEN', to: 'CLOSED', actors: ['human'] })
  .build()
const actor = { type: 'human', id: 'alice' } as const
const aggregateId = 'a'
const limit = 256 * 1024

async function started(options: Partial<LoopSystemOptions> = {}) {
  const { engine, close } = await createLoopSystem({ loops: [loop], ...options })
  onTestFinished(close)
  await engine.start({ loopId: loop.id, aggregateId, actor })
  return {
    engine,
    note: (evidence: object) =>
      engine.transition({ aggregateId, transitionId: 'note', actor, evidence }),
  }
}

test.each([
  ['letters of two bytes', { a: 1, text: 'é'.repeat(limit / 2) }, '/text'],
  ['letters of three bytes', { deep: ['x', { text: '中'.repeat(100_000) }] }, '/deep/1/text'],
  ['letters of four bytes', { text: '😀'.repeat(limit / 4) }, '/text'],
  ['what is escaped', { 'a/b': '\u0001'.repeat(50_000), c: 1 }, '/a~1b'],
  ['long numbers', { list: Array.from({ length: 60_000 }, () => -1.5e-300 / 7) }, '/list/'],
  ['keys', { list: [{ ['ß'.repeat(limit / 2)]: 1 }] }, '/list/0/ß'],
])('evidence is limited by the bytes that are recorded: %s', async (_, evidence, path) => {
  const { engine, note } = await started()

  const refusal = { code: 'too_large', path: expect.stringContaining(path) as unknown }
  await expect(note(evidence)).rejects.toMatchObject(refusal)
  expect(await engine.get({ aggregateId })).toMatchObject({ version: 1 })
})

test('evidence may have exactly the limit of bytes, and not one more', async () => {
  const { note } = await started()
  const around = '{"text":""}'.length

  const text = `${'é'.repeat((limit - around - 1) / 2)}`
  expect(await note({ text })).toMatchObject({ status: 'executed' })
  await expect(note({ text: `${text}xx` })).rejects.toMatchObject({ code: 'too_large' })
})

test('evidence that redaction makes larger than the limit is refused too', async () => {
  const { note } = await started({
    redaction: { patterns: [/secret/] },
    limits: { maxEvidenceBytes: 1000 },
  })

  const secrets = Array.from({ length: 50 }, () => 'secret')
  await expect(note({ secrets })).rejects.toMatchObject({ code: 'too_large' })
})

test.each([
  ['by a pattern', { patterns: [/secret/] }, ['redacted', 'vip']],
  ['by its path', { paths: ['/tags/1'] }, ['secret-7', 'redacted']],
  ['with all others', { paths: ['/tags'] }, ['redacted']],
])('a tag that is redacted %s is text, as every tag', async (_, redaction, tags) => {
  const { engine } = await started({ redaction })
  const tagged = { loopId: loop.id, aggregateId: 'b', actor, tags: ['secret-7', 'vip'] }

  expect(await engine.start(tagged)).toMatchObject({ tags })
})

test('a reader of the history cannot change the entries, neither for others nor for itself', async () => {
  const { engine, note } = await started()
  await note({ a: { b: [1] } })

  for await (const { entry, evidence } of engine.history({ aggregateId, from: 2 }))
    for (const value of [entry, entry.actor, evidence, evidence?.a])
      expect(Object.isFrozen(value)).toBe(true)
})

test('approved evidence with the number -0 can be executed', async () => {
  const payment = paymentWith({
    approval: { reviewers: ['role:finance'], expiresIn: '1h' },
    effect: {
      integration: 'bank',
      action: 'pay',
      semantics: 'idempotent',
      input: { isOwed: '1.0 / evidence.amount > 0.0' },
    },
  })
  const store = createMemoryStore()
  const { engine, approvals } = await createLoopSystem({
    loops: [payment],
    integrations: [bankThat(async () => undefined)],
    store: {
      ...store,
      // As a store that keeps text reads it back.
      approval: async (...which) => JSON.parse(JSON.stringify(await store.approval(...which))),
    },
    relay: false,
  })
  const requestId = await askForPayment({ engine }, { evidence: { amount: -0 } })

  const decided = approvals.decide({ requestId, decision: 'approve', actor: person('bob') })

  expect(await decided).toMatchObject({ status: 'executed' })
})
