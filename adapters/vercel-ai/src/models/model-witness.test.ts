import { expect, test } from 'vitest'

import { createTestSystem } from './model-system.fixture.ts'
import { createModelWitness } from './model-witness.ts'

const model = { type: 'ai-agent', id: 'agent:support' } as const
const call = { toolCallId: 'call_0', toolName: 'refund' }
const wanted = (wantedBy: string) => ({ ...call, wantedBy })

test('a call that no governed model asked for cannot be taken', async () => {
  const { engine } = await createTestSystem()
  const witness = createModelWitness({ engine })

  expect(await witness.take(wanted('a'))).toBe(false)
  await witness.propose(call, model, 'run-1')
  expect(await witness.take({ ...wanted('a'), toolName: 'deleteUser' })).toBe(false)
  expect(await createModelWitness({ engine, tenant: 'other' }).take(wanted('a'))).toBe(false)
})

test('a proposal is taken once, by any process, and again only by the call that took it', async () => {
  const { engine } = await createTestSystem()
  await createModelWitness({ engine }).propose(call, model, 'run-1')
  const elsewhere = createModelWitness({ engine })

  expect(await elsewhere.take(wanted('a'))).toBe(true)
  expect(await elsewhere.take(wanted('b'))).toBe(false)
  expect(await elsewhere.take(wanted('a'))).toBe(true)
})

test('calls that a vendor gives the same id each have a proposal', async () => {
  const { engine } = await createTestSystem()
  const witness = createModelWitness({ engine })
  await witness.propose(call, model, 'run-1')
  await witness.propose(call, model, 'run-2')

  const taken = await Promise.all(['a', 'b', 'c'].map((by) => witness.take(wanted(by))))

  expect(taken.filter(Boolean)).toHaveLength(2)
})

test('too many open calls with the same id are refused before they are mixed up', async () => {
  const { engine } = await createTestSystem()
  const witness = createModelWitness({ engine })
  for (let run = 1; run <= 64; run++) await witness.propose(call, model, `run-${run}`)

  await expect(witness.propose(call, model, 'run-65')).rejects.toMatchObject({ code: 'conflict' })
  for (let run = 1; run <= 64; run++) expect(await witness.take(wanted(`${run}`))).toBe(true)
  expect(await witness.take(wanted('65'))).toBe(false)
})
