import { verifyStore } from '@loop-engine/observability'
import { expect, test } from 'vitest'

import {
  createLoopSystem,
  createMemoryStore,
  defineLoop,
  type LoopStore,
  type StopTarget,
} from './index.ts'

type Stops = Awaited<ReturnType<LoopStore['stops']>>

const alice = { type: 'human', id: 'alice' } as const
const job = defineLoop({
  id: 'job',
  states: ['OPEN', { id: 'DONE', terminal: true }],
  initialState: 'OPEN',
  transitions: [{ id: 'finish', from: 'OPEN', to: 'DONE', actors: ['human'] }],
})

/** Sets stops, one of which it releases. Returns a function that changes the table by hand and verifies the store. */
async function stopped(targets: readonly StopTarget[]) {
  const kept = createMemoryStore()
  const { engine } = await createLoopSystem({ loops: [job], store: kept, relay: false })
  const past = { target: { aggregateId: 'job-7' }, actor: alice, reason: 'drill' }
  await engine.stop(past)
  await engine.release(past)
  for (const target of targets) await engine.stop({ target, actor: alice, reason: 'looks wrong' })
  return async (tenant: string, change: (stops: Stops) => Stops = (stops) => stops) => {
    const store = { ...kept, stops: async () => change(await kept.stops()) }
    const { ok, faults } = await verifyStore({ store, tenant })
    return ok ? 'ok' : faults.map(({ message }) => message)
  }
}

const [first, other] = ['default', 'a:b']
const targets: readonly StopTarget[] = [
  { everything: true },
  ...[first, other].flatMap((tenant) => [
    { tenant },
    { tenant, loopId: 'job' },
    { tenant, aggregateId: 'job-1' },
    { tenant, actorId: 'user:Mallory' },
  ]),
]

test('unchanged stops of every kind agree with the record', async () => {
  const verify = await stopped(targets)
  expect([await verify(first), await verify(other), await verify('a')]).toEqual(['ok', 'ok', 'ok'])
})

test('verify names a stop that was deleted by hand, for its tenant alone', async () => {
  const verify = await stopped(targets)
  const none = (): Stops => []
  expect(await verify(first, none)).toEqual(
    [
      '*',
      'tenant:default',
      'loop:default:job',
      'instance:default:job-1',
      'actor:default:mallory',
    ].map((scope) => `The stop ${scope} is on record, and not in force.`),
  )
  expect(await verify(other, none)).toHaveLength(4)
  expect(await verify('a', none)).toBe('ok')
})

test('verify names a stop that was added or changed by hand', async () => {
  const verify = await stopped([{ loopId: 'job' }])
  const added = { scope: 'instance:default:job-1', reason: 'x', by: 'human:eve', at: 1 }
  expect(await verify(first, (stops) => [...stops, added])).toEqual([
    'The stop instance:default:job-1 is in force, and not on record.',
  ])
  expect(
    await verify(first, (stops) => stops.map((stop) => ({ ...stop, by: 'human:eve' }))),
  ).toEqual(['The stop loop:default:job is not the one on record.'])
})
