import {
  createLoopSystem,
  createMemoryStore,
  defineLoop,
  type Actor,
  type Channel,
  type Integration,
  type JsonValue,
  type LoopStore,
  type LoopSystem,
} from '@loop-engine/sdk'
import { createTestClock, createTestIdentifiers, type TestClock } from '@loop-engine/testing'

export const agent: Actor = { type: 'ai-agent', id: 'agent:desk' }
export const ada: Actor = { type: 'human', id: 'ada' }

const pays = {
  integration: 'payments',
  action: 'refund',
  semantics: 'idempotent' as const,
  onSuccess: 'settle',
}

/** Small refunds are paid at once, large refunds once Ada agrees. */
export const refund = defineLoop({
  id: 'refund',
  states: ['OPEN', 'PAYING', { id: 'PAID', terminal: true }, { id: 'DROPPED', terminal: true }],
  initialState: 'OPEN',
  transitions: [
    {
      id: 'pay',
      from: 'OPEN',
      to: 'PAYING',
      actors: ['ai-agent'],
      guards: [{ id: 'within-limit', when: 'evidence.amount <= 1000' }],
      effect: pays,
    },
    {
      id: 'pay-much',
      from: 'OPEN',
      to: 'PAYING',
      actors: ['ai-agent'],
      approval: {
        stages: [{ reviewers: ['ada'], quorum: 1 }],
        expiresIn: '1h',
        onExpiry: 'drop',
        onReject: 'drop',
      },
      effect: pays,
    },
    { id: 'settle', from: 'PAYING', to: 'PAID', actors: ['automation'] },
    { id: 'drop', from: 'OPEN', to: 'DROPPED', actors: ['system', 'human'] },
  ],
})

/** A store that outlives the processes which use it. */
export function createSharedStore(): LoopStore {
  return { ...createMemoryStore(), close: async () => {} }
}

export interface Desk extends LoopSystem {
  readonly clock: TestClock
}

type Options = Partial<Parameters<typeof createLoopSystem>[0]> & {
  readonly pay?: (input: unknown) => Promise<JsonValue | void>
  readonly prefix?: string
}

export async function openDesk({
  pay = async () => ({ paid: true }),
  clock = createTestClock(),
  prefix,
  ...options
}: Options & { readonly clock?: TestClock } = {}): Promise<Desk> {
  const payments: Integration = {
    contract: 'integration/v1',
    name: 'payments',
    actions: { refund: { input: { parse: (value) => value }, run: pay } },
  }
  const system = await createLoopSystem({
    loops: [refund],
    integrations: [payments],
    clock,
    ids: createTestIdentifiers(prefix),
    elapsedUs: () => 0,
    relay: false,
    limits: { maxAttempts: 2, backoffMs: { first: 1, longest: 1 } },
    ...options,
  })
  return { ...system, clock }
}

/** A channel that remembers the requests that it was handed. */
export function createInbox(): Channel & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    contract: 'channel/v1',
    name: 'inbox',
    asked,
    async notify(request) {
      asked.push(request.id)
    },
  }
}
