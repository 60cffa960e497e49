import type { Actor, Integration } from '@loop-engine/core'
import { createPostgresStore } from '@loop-engine/integration-postgres'
import {
  createTemporalLoopSystem,
  type TemporalLoopSystemOptions,
} from '@loop-engine/integration-temporal'
import { defineLoop, type LoopSystem } from '@loop-engine/sdk'

/** A payment that a person approves, that has an effect, and that is withdrawn when nobody answers. */
export const deskLoop = defineLoop({
  id: 'desk.payment',
  states: [
    { id: 'OPEN' },
    { id: 'PAYING' },
    { id: 'PAID', terminal: true },
    { id: 'WITHDRAWN', terminal: true },
  ],
  initialState: 'OPEN',
  transitions: [
    {
      id: 'pay',
      from: 'OPEN',
      to: 'PAYING',
      actors: ['ai-agent'],
      approval: { reviewers: ['role:finance'], expiresIn: '5s', onExpiry: 'withdraw' },
      effect: {
        integration: 'bank',
        action: 'pay',
        input: { amount: 'evidence.amount' },
        semantics: 'idempotent',
        onSuccess: 'paid',
      },
    },
    { id: 'paid', from: 'PAYING', to: 'PAID', actors: ['automation'] },
    { id: 'withdraw', from: 'OPEN', to: 'WITHDRAWN', actors: ['human', 'system'] },
  ],
})

export const agent: Actor = { type: 'ai-agent', id: 'agent:payer' }
export const alice: Actor = { type: 'human', id: 'alice', roles: ['finance'] }

export interface DeskOptions extends Pick<
  TemporalLoopSystemOptions,
  'client' | 'connection' | 'taskQueue' | 'sweepEveryMs'
> {
  readonly url: string
  readonly schema: string
  readonly pay: (idempotencyKey: string, attempt: number) => Promise<void>
}

export function bankOf(pay: DeskOptions['pay']): Integration {
  return {
    contract: 'integration/v1',
    name: 'bank',
    actions: {
      pay: {
        input: { parse: (value) => value },
        run: async (_, { idempotencyKey, attempt }) => pay(idempotencyKey, attempt),
      },
    },
  }
}

/** The same system in every process of a test, on one database and one server. */
export async function openDesk({ url, schema, pay, ...options }: DeskOptions): Promise<LoopSystem> {
  return createTemporalLoopSystem({
    ...options,
    loops: [deskLoop],
    store: createPostgresStore({ connectionString: url, schema }),
    integrations: [bankOf(pay)],
    activityTimeoutMs: 3000,
    limits: { leaseMs: 2000, backoffMs: { first: 50, longest: 500 } },
  })
}
