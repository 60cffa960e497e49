import { createSecretKey } from 'node:crypto'

import type { Actor, Integration } from '@loop-engine/core'
import { definitionDigest } from '@loop-engine/dsl'
import { createPostgresStore } from '@loop-engine/integration-postgres'
import {
  createTemporalLoopSystem,
  type TemporalLoopSystemOptions,
} from '@loop-engine/integration-temporal'
import { defineLoop, type LoopSystem } from '@loop-engine/sdk'
import { checkInvariants } from '@loop-engine/testing'

const finance = { reviewers: ['role:finance'], onExpiry: 'withdraw' }
const payment = {
  integration: 'bank',
  action: 'pay',
  input: { amount: 'evidence.amount' },
  semantics: 'idempotent',
  onSuccess: 'paid',
} as const

/**
 * A payment that a person approves, that has an effect, and that is withdrawn when
 * nobody answers. That takes an hour, because Temporal repeats a task that was
 * lost with a connection only after ten seconds; a test may ask for five seconds.
 */
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
      approval: { ...finance, expiresIn: '1h' },
      effect: payment,
    },
    {
      id: 'pay-within-seconds',
      from: 'OPEN',
      to: 'PAYING',
      actors: ['ai-agent'],
      approval: { ...finance, expiresIn: '5s' },
      effect: payment,
    },
    { id: 'paid', from: 'PAYING', to: 'PAID', actors: ['automation'] },
    { id: 'withdraw', from: 'OPEN', to: 'WITHDRAWN', actors: ['human', 'system'] },
  ],
})

/** The keys that all processes of a test share. */
const historyKeys = [{ keyId: 'k1', key: createSecretKey(Buffer.alloc(32, 'desk')) }]

export const agent: Actor = { type: 'ai-agent', id: 'agent:payer' }
export const alice: Actor = { type: 'human', id: 'alice', roles: ['finance'] }

export interface DeskOptions extends Pick<
  TemporalLoopSystemOptions,
  'client' | 'connection' | 'taskQueue' | 'sweepMs'
> {
  readonly url: string
  readonly schema: string
  readonly pay: (idempotencyKey: string, attempt: number) => Promise<void>
  /** Called between a commit and its answer. */
  readonly committed?: (types: readonly string[]) => Promise<void>
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

/** Opens the same system in every process of a test, on one database and one server. */
export async function openDesk({
  url,
  schema,
  pay,
  committed = async () => {},
  ...options
}: DeskOptions): Promise<LoopSystem> {
  const store = createPostgresStore({ connectionString: url, schema })
  return createTemporalLoopSystem({
    ...options,
    historyKeys,
    loops: [deskLoop],
    store: {
      ...store,
      async commit(plans) {
        const results = await store.commit(plans)
        await committed(plans.flatMap(({ entries }) => entries.map(({ type }) => type)))
        return results
      },
    },
    integrations: [bankOf(pay)],
    activityTimeoutMs: 3000,
    limits: { leaseMs: 2000, backoffMs: { first: 50, longest: 500 } },
  })
}

/** The violations in the record. There must be none, whatever was killed or cut. */
export async function violationsOf(url: string, schema: string): Promise<readonly unknown[]> {
  const store = createPostgresStore({ connectionString: url, schema })
  await store.open()
  const found = await checkInvariants({
    store,
    tenants: ['default'],
    definitions: new Map([[definitionDigest(deskLoop), deskLoop]]),
    agentIds: [agent.id],
    identityClassOf: (id) => id,
  })
  await store.close()
  return found
}
