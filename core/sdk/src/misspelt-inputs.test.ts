import type { Telemetry } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { createLoopSystem, LoopBuilder } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:refunds' } as const
const alice = { type: 'human', id: 'alice', roles: ['finance'] } as const
const refund = LoopBuilder.create('refund')
  .state('ASKED')
  .state('PAID', { isTerminal: true })
  .initialState('ASKED')
  .transition({ id: 'note', from: 'ASKED', to: 'ASKED', actors: ['ai-agent'] })
  .transition({
    id: 'pay',
    from: 'ASKED',
    to: 'PAID',
    actors: ['ai-agent'],
    approval: { reviewers: ['role:finance'], expiresIn: '2h', allow: ['delegate'] },
  })
  .build()

/** Reads the first argument, as a telemetry does that notes the tenant. */
const watched = async ({ tenant: _ }: { readonly tenant?: string }, work: () => Promise<unknown>) =>
  work()
const telemetry = {
  contract: 'telemetry/v1',
  name: 'watch',
  start: watched,
  transition: watched,
  decision: watched,
  recorded() {},
  carry() {},
} as unknown as Telemetry

async function open(more: { readonly telemetry?: Telemetry } = {}) {
  const system = await createLoopSystem({ loops: [refund], relay: false, ...more })
  const { engine, approvals } = system
  const run = { aggregateId: 'order-1' }
  await engine.start({ ...run, loopId: 'refund', actor: agent })
  const asked = await engine.transition({ ...run, transitionId: 'pay', actor: agent })
  if (asked.status !== 'pending_approval') throw new Error(asked.status)
  /** As JavaScript calls it. */
  const call = async (name: string, input: unknown): Promise<unknown> => {
    const [object = '', method = ''] = name.split('.')
    const owner = Reflect.get(system, object) as object
    return (Reflect.get(owner, method) as (given: unknown) => Promise<unknown>)(input)
  }
  return { engine, approvals, call, run, requestId: asked.approvalId }
}

const calls = {
  engine: 'start transition cancel fail suspend resume migrate erase stop release find',
  approvals: 'decide delegate withdraw wait get inbox find',
  relay: 'drain deadLetters retry',
}
const names = Object.entries(calls).flatMap(([object, all]) =>
  all.split(' ').map((each) => `${object}.${each}`),
)

test.each(names)(
  '%s refuses an unknown key, and an argument that is not an object',
  async (name) => {
    const { engine, call, run } = await open()
    const before = await engine.get(run)
    await expect(call(name, { tenent: 'acme' })).rejects.toMatchObject({
      code: 'invalid_input',
      path: '/tenent',
      hint: expect.stringMatching(/^Its keys are /),
    })
    await expect(call(name, null)).rejects.toMatchObject({ code: 'invalid_input', path: '' })
    await expect(call(name, 'order-1')).rejects.toMatchObject({ code: 'invalid_input', path: '' })
    expect(await engine.get(run)).toEqual(before)
  },
)

test('a misspelt idempotency key does not let a retry act twice', async () => {
  const { engine, call, run } = await open()
  const note = { ...run, transitionId: 'note', actor: agent, idempotencykey: 'once' }
  await expect(call('engine.transition', note)).rejects.toMatchObject({ path: '/idempotencykey' })
  expect(await engine.get(run)).toMatchObject({ version: 2 })
})

test.each([
  ['engine.transition', { expected: { version: 2 } }, '/expected'],
  ['engine.transition', { correlationId: {} }, '/correlationId'],
  ['engine.transition', { signal: 'pay' }, '/signal'],
  ['engine.transition', { signal: 'note' }, '/signal'],
  ['engine.transition', { aggregateId: undefined }, '/aggregateId'],
  ['engine.start', { metadata: 'vip' }, '/metadata'],
  ['engine.start', { tags: 'vip' }, '/tags'],
  ['engine.start', { aggregateId: 'order\u0000' }, '/aggregateId'],
  ['engine.start', { aggregateId: ' ' }, '/aggregateId'],
  ['engine.start', { aggregateId: '$control' }, '/aggregateId'],
  ['engine.start', { tenant: 'acme\n' }, '/tenant'],
  ['engine.transition', { idempotencyKey: '' }, '/idempotencyKey'],
  ['approvals.decide', { idempotencyKey: 'x'.repeat(257) }, '/idempotencyKey'],
  ['engine.cancel', { reason: undefined }, '/reason'],
  ['engine.cancel', { reason: 'x'.repeat(4097) }, '/reason'],
  ['engine.cancel', { reason: '' }, '/reason'],
  ['engine.cancel', { reason: ' \n' }, '/reason'],
  ['engine.stop', { target: { actorId: ' ' } }, '/target/actorId'],
  ['approvals.decide', { reason: ' ' }, '/reason'],
  ['approvals.withdraw', { reason: '\u00a0' }, '/reason'],
  ['approvals.decide', { decision: 'Approve' }, '/decision'],
  ['approvals.decide', { proof: { event: { id: 1 } } }, '/proof'],
  ['approvals.decide', { decision: 'edit', edits: null }, '/edits'],
  ['approvals.decide', { decision: 'abstain', response: 'no idea' }, '/response'],
  ['approvals.delegate', { to: 'role:' }, '/to'],
  ['approvals.delegate', { to: ' ' }, '/to'],
  ['approvals.find', { status: 'waiting' }, '/status'],
  ['approvals.inbox', { limit: -1 }, '/limit'],
  ['approvals.inbox', { limit: 1.5 }, '/limit'],
  ['approvals.find', { loopId: '' }, '/loopId'],
  ['engine.find', { loopId: '' }, '/loopId'],
  ['engine.find', { state: '' }, '/state'],
  ['engine.find', { tag: '' }, '/tag'],
  ['engine.find', { tag: 7 }, '/tag'],
  ['engine.migrate', { state: '' }, '/state'],
  ['engine.find', { updatedFrom: Number.NaN }, '/updatedFrom'],
  ['engine.find', { updatedUntil: 1.5 }, '/updatedUntil'],
])('%s refuses %j', async (name, wrong, path) => {
  const { call, run, requestId } = await open()
  const given = {
    'engine.transition': { ...run, transitionId: 'note', actor: agent },
    'engine.start': { aggregateId: 'order-2', loopId: 'refund', actor: agent },
    'engine.migrate': { ...run, actor: alice, reason: 'looks wrong' },
    'engine.cancel': { ...run, actor: alice, reason: 'looks wrong' },
    'engine.stop': { actor: alice, reason: 'looks wrong' },
    'approvals.withdraw': { requestId, actor: alice },
    'approvals.decide': { requestId, decision: 'approve', actor: alice },
    'approvals.delegate': { requestId, actor: alice },
  }[name]
  await expect(call(name, { ...given, ...wrong })).rejects.toMatchObject({
    code: 'invalid_input',
    path,
  })
})

test.each([
  ['engine.find', 'pending', 'Write active, suspended, completed, failed, cancelled.'],
  [
    'approvals.find',
    'active',
    'Write pending, approved, rejected, expired, superseded, cancelled.',
  ],
])('%s knows no status %s, and says which there are', async (name, status, hint) => {
  const { call } = await open()
  const refused = { code: 'invalid_input', path: '/status', hint }
  await expect(call(name, { status })).rejects.toMatchObject(refused)
})

test.each([
  ['', {}],
  [', watched', { telemetry }],
])('of many decisions one that is none holds up no other%s', async (_, more) => {
  const { approvals, requestId } = await open(more)
  const inputs = [undefined, { requestId, decision: 'approve', actor: alice }] as const
  const decided = await approvals.decideMany(inputs as Parameters<typeof approvals.decideMany>[0])
  expect(decided.map(({ status }) => status)).toEqual(['error', 'executed'])
})

test.each(['engine.start', 'engine.transition', 'approvals.decide'])(
  '%s refuses an argument that is not an object, also with telemetry',
  async (name) => {
    const { call } = await open({ telemetry })
    await expect(call(name, undefined)).rejects.toMatchObject({ code: 'invalid_input', path: '' })
  },
)

test('a sealed function says that a pending request has no receipt', async () => {
  const { engine } = await open()
  const pay = engine.seal({ loopId: 'refund', transitionId: 'pay' }, async () => 'paid')
  const receipt = undefined as unknown as Parameters<typeof pay>[0]
  await expect(pay(receipt, {})).rejects.toMatchObject({
    code: 'refused',
    details: { reason: 'unknown_receipt' },
    hint: 'Give it `receipt` of a transition that was executed, and then the input.',
  })
  const nothing = undefined as unknown as () => Promise<string>
  const forPay = { loopId: 'refund', transitionId: 'pay' }
  expect(() => engine.seal(forPay, nothing)).toThrow('engine.seal takes a function.')
  expect(() => engine.seal({ ...forPay, transitionId: 'payy' }, nothing)).toThrow(
    expect.objectContaining({ path: '/transitionId', hint: 'Its transitions are note, pay.' }),
  )
  expect(() => engine.seal({ ...forPay, nmae: 'pay' } as typeof forPay, nothing)).toThrow(
    'engine.seal knows no such key.',
  )
})
