import { expect, test } from 'vitest'

import { createLoopSystem, LoopBuilder, type StopTarget } from './index.ts'

const alice = { type: 'human', id: 'alice' } as const
const loop = LoopBuilder.create('job')
  .state('OPEN')
  .state('DONE', { isTerminal: true })
  .initialState('OPEN')
  .transition({ id: 'finish', from: 'OPEN', to: 'DONE', actors: ['human'] })
  .build()

test.each([
  ['misspelt', { aggregateid: 'job-1' }, '/target/aggregateid'],
  ['without a value', { loopId: undefined }, '/target'],
  ['null', { aggregateId: null }, '/target/aggregateId'],
  ['an empty loop', { loopId: '' }, '/target/loopId'],
  ['an empty key', { aggregateId: '' }, '/target/aggregateId'],
  ['an empty actor', { actorId: '' }, '/target/actorId'],
  ['a loop whose name nothing can have', { loopId: 'x'.repeat(257) }, '/target/loopId'],
  ['an actor who cannot be', { actorId: `user:${'x'.repeat(257)}` }, '/target/actorId'],
  ['empty behind a prefix', { actorId: 'user:' }, '/target/actorId'],
  ['an empty tenant', { tenant: '' }, '/target/tenant'],
  ['two at once', { loopId: 'job', aggregateId: 'job-1' }, '/target'],
  ['everything, but not', { everything: false }, '/target/everything'],
  ['of a tenant that is no text', { loopId: 'job', tenant: 7 }, '/target/tenant'],
  ['nothing', {}, '/target'],
  ['no object', 'job-1', '/target'],
])('a target that is %s neither stops nor releases anything', async (_, given, path) => {
  const { engine } = await createLoopSystem({ loops: [loop], relay: false })
  const target = given as unknown as StopTarget
  await engine.stop({ target: { tenant: 'default' }, actor: alice, reason: 'looks wrong' })
  const before = await engine.stops()

  const asked = { target, actor: alice, reason: 'this one' }
  await expect(engine.release(asked)).rejects.toMatchObject({ code: 'invalid_input', path })
  await expect(engine.stop(asked)).rejects.toMatchObject({ code: 'invalid_input', path })
  expect(await engine.stops()).toEqual(before)
})
