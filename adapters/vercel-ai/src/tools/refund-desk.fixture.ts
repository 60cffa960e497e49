import type { Actor, LoopStore } from '@loop-engine/core'
import {
  createLoopSystem,
  createMemoryStore,
  type DecisionResult,
  type LoopSystem,
} from '@loop-engine/sdk'
import { createTestClock, type TestClock } from '@loop-engine/testing'
import { z } from 'zod'

import type { GovernOptions, ToolLike, ToolsLike } from './govern-options.ts'
import { govern, type GovernedTools } from './govern.ts'
import type { Major, Message } from './tool-majors.fixture.ts'

export const finance: Actor = { type: 'human', id: 'fay', groups: ['finance'] }

export interface RefundDesk {
  readonly system: LoopSystem
  readonly clock: TestClock
  /** The raw tools, for showing what the SDK does with them alone. */
  readonly raw: { readonly refund: ToolLike; readonly lookup: ToolLike }
  /** What really ran, in order. */
  readonly ran: { readonly order: number; readonly amount: number }[]
  govern(options?: Partial<GovernOptions<ToolsLike>>): GovernedTools<ToolsLike>
  /** What a person does in the inbox: decides on the one call with this id. */
  decide(
    callId: string,
    decision: 'approve' | 'reject' | 'edit',
    edits?: object,
  ): Promise<DecisionResult>
  /** The state of a call's instance. */
  stateOf(aggregateId: string): Promise<string | undefined>
}

export const policy = {
  refund: {
    approval: {
      when: 'input.amount > 100',
      reviewers: ['group:finance'],
      expiresIn: '2h',
      allow: ['edit'],
    },
  },
} as const

/** A desk where refunds above 100 need somebody from finance. */
export async function openRefundDesk(
  major: Major,
  { store = createMemoryStore(), relay = false }: { store?: LoopStore; relay?: boolean } = {},
): Promise<RefundDesk> {
  const clock = createTestClock()
  const system = await createLoopSystem({ loops: [], store, relay, clock })
  const ran: { order: number; amount: number }[] = []
  const raw = {
    refund: major.tool({
      description: 'Refunds an order.',
      inputSchema: z.object({ order: z.number(), amount: z.number() }),
      execute: async (input: { order: number; amount: number }) => {
        ran.push({ order: input.order, amount: input.amount })
        return { refunded: input.amount, receipt: `R-${ran.length}` }
      },
    }),
    lookup: major.tool({
      description: 'Looks an order up.',
      inputSchema: z.object({ order: z.number() }),
      execute: async ({ order }: { order: number }) => ({ order, total: 500 }),
    }),
  }
  return {
    system,
    clock,
    raw,
    ran,
    govern: (options) =>
      govern<ToolsLike>(raw, { engine: system.engine, policy, sdk: major.sdk, clock, ...options }),
    async decide(callId, decision, edits) {
      const { items } = await system.approvals.find({ status: 'pending' })
      const request = items.find(({ aggregateId }) => aggregateId.split('/')[1] === callId)
      if (!request) throw new Error(`Nothing waits for ${callId}.`)
      const input = { requestId: request.id, decision, actor: finance, ...(edits && { edits }) }
      return system.approvals.decide(input)
    },
    async stateOf(aggregateId) {
      return (await system.engine.get({ aggregateId }))?.currentState
    },
  }
}

/** The outputs of a conversation's tool results, by call. */
export function resultsIn(messages: readonly Message[]): Record<string, unknown> {
  return Object.fromEntries(
    messages
      .flatMap(({ content }) =>
        Array.isArray(content) ? (content as Record<string, unknown>[]) : [],
      )
      .filter(({ type }) => type === 'tool-result')
      .map(({ toolCallId, output }) => [toolCallId, output]),
  )
}

/** Calls a governed tool as the SDK does. */
export function callRefund(
  governed: { readonly tools: object },
  input: object,
  toolCallId = 'call-1',
  more: object = {},
): Promise<unknown> {
  const { execute } = (governed.tools as ToolsLike)['refund'] ?? {}
  return (execute as (input: object, options: object) => Promise<unknown>)(input, {
    toolCallId,
    messages: [],
    ...more,
  })
}

/** Types and transitions of a call's entries. */
export async function historyOf(
  desk: RefundDesk,
  aggregateId = 'refund/call-1',
): Promise<string[]> {
  const items = await Array.fromAsync(desk.system.engine.history({ aggregateId }))
  return items.map(({ entry }) => `${entry.type} ${entry.transitionId ?? ''}`.trim())
}
