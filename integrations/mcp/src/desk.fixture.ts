import {
  createLoopSystem,
  createMemoryStore,
  defineLoop,
  type LoopStore,
  type LoopSystem,
} from '@loop-engine/sdk'
import { createTestClock, createTestIdentifiers, type TestClock } from '@loop-engine/testing'
import { Client, InMemoryTransport, type ClientOptions } from '@modelcontextprotocol/client'

import { createMcpServer, type LoopMcpServer, type McpServerOptions } from './index.ts'

export const purchase = defineLoop({
  id: 'purchase',
  name: 'Purchase',
  description: 'Buys something when somebody else agrees.',
  states: ['OPEN', 'QUOTED', 'ORDERED', { id: 'DONE', terminal: true }],
  initialState: 'OPEN',
  transitions: [
    {
      id: 'quote',
      from: 'OPEN',
      to: 'QUOTED',
      actors: ['ai-agent'],
      guards: [{ id: 'affordable', when: 'evidence.amount < 1000', message: 'Too much.' }],
      evidence: {
        type: 'object',
        required: ['amount'],
        properties: { amount: { type: 'number' } },
      },
    },
    {
      id: 'order',
      from: 'QUOTED',
      to: 'ORDERED',
      actors: ['ai-agent'],
      approval: { reviewers: ['alice', 'bob'], expiresIn: '1h' },
      effect: { integration: 'shop', action: 'order', semantics: 'at-most-once' },
    },
    { id: 'sign', from: 'OPEN', to: 'DONE', actors: ['human'] },
    { id: 'audit', from: 'OPEN', to: 'DONE', actors: ['ai-agent'], roles: ['auditor'] },
    { id: 'receive', from: 'ORDERED', to: 'DONE', actors: ['human'] },
  ],
})

/** A loop that clients are not shown. */
export const payroll = defineLoop({
  id: 'payroll',
  states: ['OPEN', { id: 'PAID', terminal: true }],
  initialState: 'OPEN',
  transitions: [
    { id: 'pay', from: 'OPEN', to: 'PAID', actors: ['ai-agent', 'human'] },
    {
      id: 'bonus',
      from: 'OPEN',
      to: 'PAID',
      actors: ['automation'],
      approval: { reviewers: ['bob'], expiresIn: '1h' },
    },
  ],
})

export const alice = { type: 'human', id: 'alice' } as const
export const bob = { type: 'human', id: 'bob' } as const
export const clerk = { type: 'automation', id: 'clerk' } as const

/** A request that runs at once, and the next request, which needs an approval. */
export const quote = {
  aggregateId: 'PO-1',
  transitionId: 'quote',
  evidence: { amount: 5 },
  idempotencyKey: 'k1',
} as const
export const order = { aggregateId: 'PO-1', transitionId: 'order', idempotencyKey: 'k2' } as const

export interface Answer {
  readonly isError: boolean
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads what it expects
  readonly data: any
}

export interface Desk {
  readonly system: LoopSystem
  readonly clock: TestClock
  readonly mcp: LoopMcpServer
  /** What the shop was told to order. */
  readonly orders: unknown[]
  readonly errors: unknown[]
  close(): Promise<void>
}

export const eras = ['auto', 'legacy'] as const

type DeskOptions = Partial<Omit<McpServerOptions, 'system'> & McpServerOptions['system']>

export async function openDesk(
  { approvals, relay, ...options }: DeskOptions = {},
  store: LoopStore = createMemoryStore(),
): Promise<Desk> {
  const clock = createTestClock()
  const orders: unknown[] = []
  const errors: unknown[] = []
  const system = await createLoopSystem({
    loops: [purchase, payroll],
    store,
    clock,
    ids: createTestIdentifiers(),
    relay: false,
    integrations: [
      {
        contract: 'integration/v1',
        name: 'shop',
        actions: {
          order: {
            input: { parse: (input) => input },
            async run(input) {
              orders.push(input)
            },
          },
        },
      },
    ],
  })
  for (const aggregateId of ['PO-1', 'PO-2'])
    await system.engine.start({ loopId: 'purchase', aggregateId, actor: clerk })
  await system.engine.start({ loopId: 'payroll', aggregateId: 'PAY-1', actor: clerk })
  const mcp = createMcpServer({
    system: { ...system, ...(approvals && { approvals }), ...(relay && { relay }) },
    loops: [purchase],
    principal: { actor: alice },
    onError: (error) => errors.push(error),
    ...options,
  })
  return {
    system,
    clock,
    mcp,
    orders,
    errors,
    async close() {
      await mcp.close()
      await system.close()
    },
  }
}

/** A client of the official SDK in this process. */
export async function connectTo(
  mcp: LoopMcpServer,
  mode: (typeof eras)[number] = 'auto',
  options: ClientOptions = {},
): Promise<Client> {
  const [near, far] = InMemoryTransport.createLinkedPair()
  mcp.connect(far)
  const client = new Client(
    { name: 'test', version: '1' },
    { versionNegotiation: { mode }, ...options },
  )
  await client.connect(near)
  return client
}

/** Calls a tool, and checks that programs and models get the same answer. */
export async function call(
  client: Client,
  name: string,
  input: Record<string, unknown> = {},
): Promise<Answer> {
  const {
    isError = false,
    structuredContent,
    content,
  } = await client.callTool({
    name,
    arguments: input,
  })
  const text = content.at(-1)
  const data: unknown = JSON.parse(text?.type === 'text' ? text.text : 'null')
  if (structuredContent !== undefined && JSON.stringify(structuredContent) !== JSON.stringify(data))
    throw new Error(`The two forms of the answer of ${name} differ.`)
  return { isError, data }
}
