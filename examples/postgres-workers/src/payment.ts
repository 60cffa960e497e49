import { createPostgresStore } from '@loop-engine/integration-postgres'
import {
  createLoopSystem,
  defineLoop,
  type Integration,
  type JsonObject,
  type LoopSystem,
} from '@loop-engine/sdk'

const payment = defineLoop({
  id: 'payment',
  states: [{ id: 'OPEN' }, { id: 'PAYING' }, { id: 'PAID', terminal: true }],
  initialState: 'OPEN',
  transitions: [
    {
      id: 'pay',
      from: 'OPEN',
      to: 'PAYING',
      actors: ['ai-agent'],
      effect: { integration: 'bank', action: 'pay', onSuccess: 'paid' },
    },
    { id: 'paid', from: 'PAYING', to: 'PAID', actors: ['automation'] },
  ],
})

/** What is the same in every process: the loops, and where they are kept. `relay` says who runs effects. */
export async function openSystem(
  place: { readonly url: string; readonly schema: string },
  bank: Integration,
  relay: boolean,
): Promise<LoopSystem & { readonly store: ReturnType<typeof createPostgresStore> }> {
  const store = createPostgresStore({ connectionString: place.url, schema: place.schema })
  const system = await createLoopSystem({
    loops: [payment],
    integrations: [bank],
    store,
    relay,
    limits: { leaseMs: 1000 }, // A dead worker's work is taken over after this; half a minute by default.
  })
  return { ...system, store }
}

/** The bank as a process sees it that gives it an order and waits for the answer. */
export function createBank(pay: (order: string, key: string) => Promise<JsonObject>): Integration {
  return {
    contract: 'integration/v1',
    name: 'bank',
    actions: {
      pay: {
        input: { parse: (value) => value },
        run: (_, { receipt, idempotencyKey }) => pay(receipt.aggregateId, idempotencyKey),
      },
    },
  }
}
