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

/** Opens the system, with the same loops and store in every process. `relay` says whether this process runs effects. */
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
    limits: { leaseMs: 1000 }, // The work of a dead worker is taken over after this time; 30 seconds by default.
  })
  return { ...system, store }
}

/** An integration that hands each order to `pay`, with its idempotency key, and waits for the answer. */
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
