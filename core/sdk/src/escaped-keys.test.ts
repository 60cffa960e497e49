import type { JsonValue } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { bankThat, paymentByBank } from './bank.fixture.ts'
import { createLoopSystem, createMemoryStore, verifyStore } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:payer' } as const

test('an effect gets the input that was judged and recorded, even if V8 confuses two keys', async () => {
  const paid: unknown[] = []
  const store = createMemoryStore()
  const { engine, relay, close } = await createLoopSystem({
    store,
    clock: createTestClock(),
    loops: [paymentByBank({})],
    integrations: [bankThat(async (input) => void paid.push(input))],
    relay: false,
  })
  const evidence: Record<string, JsonValue> = { amount: 1, 'z\n': 2 }
  await engine.start({ loopId: 'payment', aggregateId: 'a', actor: agent })
  await engine.transition({ aggregateId: 'a', transitionId: 'pay', actor: agent, evidence })

  // nodejs/node#63785
  JSON.parse(String.raw`{"amount":1,"z\\":2}`)
  await relay.drain()

  expect(paid).toEqual([evidence])
  const entries = await Array.fromAsync(engine.history({ aggregateId: 'a' }))
  expect(entries[1]?.evidence).toEqual(evidence)
  expect(await verifyStore({ store, tenant: 'default', deep: true })).toMatchObject({ ok: true })
  await close()
})
