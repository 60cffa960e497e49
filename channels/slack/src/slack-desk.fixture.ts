import type {
  ApprovalRequest,
  ChannelContext,
  DecisionIntake,
  LoopDefinition,
  LoopError,
  Transition,
} from '@loop-engine/core'
import { createAuthority, createIntake, createLoopSystem } from '@loop-engine/sdk'
import { createTestClock, type TestClock } from '@loop-engine/testing'

import { botToken, textsOf, type FakeSlack } from './fake-slack.fixture.ts'
import { createSlackChannel, type SlackChannel, type SlackOptions } from './index.ts'
import {
  appId,
  conversation,
  signingSecret,
  startSlackPeople,
  userIdOf,
  type Pressed,
  type SlackPeopleAtWork,
} from './slack-people.fixture.ts'

/** A running system whose people decide in a fake Slack. */
export interface Desk {
  readonly clock: TestClock
  readonly vendor: SlackPeopleAtWork
  readonly channel: SlackChannel
  readonly paid: unknown[]
  readonly decisions: DecisionIntake[]
  readonly problems: LoopError[]
  /** The current text of the first card. */
  card(): string
  /** The calls of this method that Slack received. */
  calls(method: string): FakeSlack['calls']
  ask(evidence: object, options?: { readonly large?: boolean }): Promise<ApprovalRequest>
  request(id: string): Promise<ApprovalRequest>
  /** Notifies again of a request, as if the reference of the earlier notice had been lost. */
  notifyAnew(
    request: ApprovalRequest,
    context?: Partial<ChannelContext>,
  ): ReturnType<SlackChannel['notify']>
  /** Hands an event to the channel, and waits for everything that follows from it. */
  handle(request: Request): Promise<Response>
  /** Makes the event of a click on approve, which a test may deliver several times. */
  click(requestId: string, person?: string): object
  press(
    action: 'approve' | 'reject' | 'edit',
    pressed: Partial<Pressed> & { readonly requestId: string },
  ): Promise<Response>
  drain(): Promise<number>
  close(): Promise<void>
}

export const context: ChannelContext = {
  signal: new AbortController().signal,
  idempotencyKey: 'n1',
}

const agent = {
  type: 'ai-agent',
  id: 'agent:payer',
  onBehalfOf: { type: 'human', id: 'owner' },
} as const

const pay = (id: string, quorum: number): Transition => ({
  id,
  signal: id,
  guards: [],
  from: 'ASKED',
  to: 'PAID',
  actors: ['ai-agent'],
  risk: 'high',
  approval: {
    stages: [{ reviewers: ['group:ops'], quorum }],
    fourEyes: true,
    expiresIn: '1h',
    remindEvery: '10m',
    allow: ['edit'],
  },
  effect: { integration: 'bank', action: 'pay', semantics: 'at-most-once' },
})
const loop: LoopDefinition = {
  id: 'desk.payment',
  version: '1',
  name: 'Payment',
  states: [{ id: 'ASKED' }, { id: 'PAID', terminal: true }],
  initialState: 'ASKED',
  transitions: [pay('pay', 1), pay('payLarge', 2)],
}

function openSystem(channel: SlackChannel, clock: TestClock, paid: unknown[]) {
  const authority = createAuthority({ name: 'slack' })
  const bank = {
    contract: 'integration/v1' as const,
    name: 'bank',
    actions: {
      pay: {
        input: { parse: (value: unknown) => value },
        run: async (input: unknown) => void paid.push(input),
      },
    },
  }
  return createLoopSystem({
    loops: [loop],
    integrations: [bank],
    channels: [channel],
    clock,
    relay: false,
    identity: {
      mode: 'verified',
      authority,
      directory: (_tenant, id) =>
        ['alice', 'bob', 'owner'].includes(id) ? { groups: ['ops'] } : null,
    },
  }).then((system) => ({
    system,
    intake: createIntake({ approvals: system.approvals, authority }),
  }))
}

/** People are mapped by a table of their Slack user ids, unless `options` says otherwise. */
export async function openDesk(options: Partial<SlackOptions> = {}): Promise<Desk> {
  const clock = createTestClock()
  const vendor = await startSlackPeople(() => clock.now())
  const paid: unknown[] = []
  const decisions: DecisionIntake[] = []
  const problems: LoopError[] = []
  const table = Object.fromEntries(['alice', 'bob', 'owner'].map((id) => [userIdOf(id), id]))
  const channel = vendor.attach(
    createSlackChannel({
      token: botToken,
      signingSecret,
      conversation,
      appId,
      consoleUrl: 'https://loops.example/app',
      people: { by: 'table', table },
      getApproval: (query) => opened.system.approvals.get(query),
      baseUrl: vendor.slack.apiUrl,
      maxRetries: 0,
      clock,
      onError: (problem) => problems.push(problem),
      decide(decision) {
        decisions.push(decision)
        return opened.intake(decision)
      },
      ...options,
    }),
  )
  const opened = await openSystem(channel, clock, paid)
  const { engine, approvals, relay } = opened.system
  let count = 0

  const desk: Desk = {
    clock,
    vendor,
    channel,
    paid,
    decisions,
    problems,
    card: () => textsOf(vendor.slack.messages[0]?.versions.at(-1)).join('\n'),
    calls: (method) => vendor.slack.calls.filter((call) => call.method === method),
    async ask(evidence, { large = false } = {}) {
      const aggregateId = `order-${++count}`
      await engine.start({ loopId: loop.id, aggregateId, actor: agent })
      const transitionId = large ? 'payLarge' : 'pay'
      const asked = await engine.transition({ aggregateId, transitionId, actor: agent, evidence })
      await relay.drain()
      return desk.request(asked.status === 'pending_approval' ? asked.approvalId : '')
    },
    async request(id) {
      const request = await approvals.get({ id })
      if (!request) throw new Error('the request is gone')
      return request
    },
    notifyAnew: (request, change) =>
      channel.notify({ ...request, messages: {} }, request.view, { ...context, ...change }),
    async handle(request) {
      const response = await channel.handle(request)
      await channel.settled()
      await relay.drain()
      return response
    },
    click: (requestId, person = 'alice') =>
      vendor.press('approve', { requestId, revision: 1, person, deliveryId: person }),
    press: (action, pressed) =>
      desk.handle(
        vendor.sign(
          vendor.press(action, {
            person: 'alice',
            revision: 1,
            deliveryId: `press-${++count}`,
            ...pressed,
          }),
        ),
      ),
    drain: () => relay.drain(),
    async close() {
      await channel.close()
      await opened.system.close()
      await vendor.close?.()
    },
  }
  return desk
}
