import { createTestClock } from '@loop-engine/testing'
import { expect, onTestFinished, test } from 'vitest'

import {
  createAuthority,
  createLoopSystem,
  defineLoop,
  type Actor,
  type IdentityOptions,
} from './index.ts'

const loop = defineLoop({
  id: 'note',
  states: ['OPEN', { id: 'CLOSED', terminal: true }],
  initialState: 'OPEN',
  transitions: [{ id: 'close', from: 'OPEN', to: 'CLOSED', actors: ['human', 'ai-agent'] }],
})

async function open(identity: IdentityOptions) {
  const clock = createTestClock()
  const { engine, close } = await createLoopSystem({ loops: [loop], relay: false, clock, identity })
  onTestFinished(close)
  const run = { aggregateId: 'a' }
  await engine.start({ ...run, loopId: 'note', actor: { type: 'system', id: 'intake' } })
  return { clock, run, engine }
}

test('a system can demand that people authenticate again', async () => {
  const authority = createAuthority({ name: 'desk' })
  const { engine, clock, run } = await open({ mode: 'verified', authority, maxAgeMs: 60_000 })
  const ann = (): Actor =>
    authority.vouch({ type: 'human', id: 'ann' }, { method: 'oidc', at: clock.now() })

  const earlier = ann()
  clock.advance(60_001)
  expect(await engine.transition({ ...run, signal: 'close', actor: earlier })).toMatchObject({
    reason: 'identity_not_verified',
  })
  expect(await engine.transition({ ...run, signal: 'close', actor: ann() })).toMatchObject({
    status: 'executed',
  })
})

test('a system can demand that agents name their model and prompt', async () => {
  const { engine, run } = await open({ requireAttribution: true })
  const agent = { type: 'ai-agent', id: 'closer', provider: 'rules', modelId: 'rules-1' } as const

  await expect(engine.transition({ ...run, signal: 'close', actor: agent })).rejects.toMatchObject({
    code: 'invalid_actor',
    path: '/promptHash',
  })
  const actor = { ...agent, promptHash: 'a'.repeat(64) }
  expect(await engine.transition({ ...run, signal: 'close', actor })).toMatchObject({
    status: 'executed',
  })
})
