import { expect, test } from 'vitest'

import { createLoopSystem, LoopBuilder, type LoopDefinition } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:jobs' } as const
const built = LoopBuilder.create('job')
  .state('OPEN')
  .state('DONE', { isTerminal: true })
  .initialState('OPEN')
  .transition({ id: 'finish', from: 'OPEN', to: 'DONE', actors: ['ai-agent'] })
  .build()
const finish = { aggregateId: 'job-1', transitionId: 'finish', actor: agent }

/** As somebody writes it, or reads it from a file. */
function written(): LoopDefinition {
  return JSON.parse(JSON.stringify(built)) as LoopDefinition
}

test.each([
  ['a key that nobody reads', [{ ...written().transitions[0], gaurds: ['sure'] }]],
  ['no list of guards', [{ ...written().transitions[0], guards: { use: 'sure' } }]],
  ['an actor that there is not', [{ ...written().transitions[0], actors: ['ai-agnet'] }]],
])('a definition with %s is refused, and none is made of it', async (_, transitions) => {
  const loop = { ...written(), transitions } as LoopDefinition
  const refused = { code: 'invalid_definition', path: expect.stringContaining('/transitions/0/') }
  await expect(createLoopSystem({ loops: [loop], relay: false })).rejects.toMatchObject(refused)

  const { engine } = await createLoopSystem({ loops: [], relay: false })
  await expect(engine.define(loop)).rejects.toMatchObject(refused)
})

test.each([
  ['nothing', undefined],
  ['a builder that did not build', LoopBuilder.create('job')],
  ['a promise', Promise.resolve(built)],
  ['text', 'id: job'],
])('%s is no definition', async (_, given) => {
  const loops = [given as unknown as LoopDefinition]
  const refused = { code: 'invalid_definition' }
  await expect(createLoopSystem({ loops, relay: false })).rejects.toMatchObject(refused)
})

test('a run is judged by the definition as it was given, even if the object changes later', async () => {
  const loop = written()
  const { engine } = await createLoopSystem({ loops: [loop], relay: false })
  await engine.start({ loopId: 'job', aggregateId: 'job-1', actor: agent })

  Object.assign(loop.transitions[0] ?? {}, { actors: ['human'] })

  expect(await engine.transition(finish)).toMatchObject({ status: 'executed' })
})
