import {
  decisionIntakeSchema,
  type ApprovalRequest,
  type Channel,
  type DecisionIntake,
} from '@loop-engine/core'
import { channelConformance, type ChannelHarness } from '@loop-engine/testing'

import { click, forgeries, send, sign } from './signed-click.ts'
import { suiteJudges } from './suite-judges.ts'

type Intake = (decision: DecisionIntake) => Promise<unknown>

/** What may differ in one channel. */
interface Change {
  readonly shape?: object
  /** What people read of a request. */
  readonly text?: (request: ApprovalRequest) => readonly string[]
  readonly ref?: unknown
  readonly update?: (post: (text: string) => void) => unknown
  /** Which of its checks a sender must pass. */
  readonly checks?: readonly Check[]
  /** How it hands a decision on. */
  readonly handOver?: (intake: Intake, decision: DecisionIntake) => unknown
  readonly methods?: readonly string[]
}

type Check = (at: number, body: string, signature: string | null) => boolean
const isSigned: Check = (at, body, signature) => signature === sign(at, body)
const isNotOld: Check = (at) => Date.now() - at < 300_000
const isNotEarly: Check = (at) => at - Date.now() < 300_000
const allChecks = [isSigned, isNotOld, isNotEarly]

/** All that the reviewers of a request must read, but what is left out. */
const allBut = (left?: keyof ReturnType<typeof factsOf>) => (request: ApprovalRequest) =>
  Object.entries(factsOf(request)).flatMap(([name, text]) => (name === left ? [] : [text]))

function factsOf({ view, aggregateId }: ApprovalRequest) {
  return {
    transition: view.transition.id,
    aggregateId,
    requester: view.requester.id,
    labels: view.fields.map(({ label }) => label).join(),
    values: view.fields.map(({ value }) => JSON.stringify(value)).join(),
  }
}

const handing = (change: (decision: DecisionIntake) => object): ChannelHarness =>
  harnessOf({
    handOver: (intake, decision) =>
      intake({ ...decision, ...change(decision) } as unknown as DecisionIntake),
  })

await suiteJudges(channelConformance, harnessOf({}), {
  'has another contract': harnessOf({ shape: { contract: 'channel/v2' } }),
  'has no name': harnessOf({ shape: { name: '' } }),
  'does not say what will happen': harnessOf({ text: allBut('transition') }),
  'does not say to which run': harnessOf({ text: allBut('aggregateId') }),
  'does not say who asks': harnessOf({ text: allBut('requester') }),
  'does not show the labels of the evidence': harnessOf({ text: allBut('labels') }),
  'does not show the evidence': harnessOf({ text: allBut('values') }),
  'changes the request': harnessOf({
    text: (request) => allBut()(Object.assign(request, { messages: {} })),
  }),
  'has a reference that is not JSON': harnessOf({ ref: { message: () => 'here' } }),
  'updates nothing': harnessOf({ update: () => undefined }),
  'cannot update a message': harnessOf({
    update: () => {
      throw new Error('There is no such message.')
    },
  }),
  'returns a reference that is not JSON from an update': harnessOf({
    update(post) {
      post('rejected')
      return { at: Number.NaN }
    },
  }),
  'accepts events, but does not show the suite how': { ...harnessOf({}), inbound: undefined },
  'hands nothing on': harnessOf({ handOver: () => undefined }),
  'hands everything on twice': harnessOf({
    async handOver(intake, decision) {
      await intake(decision)
      await intake(decision)
    },
  }),
  'reads each decision as an approval': handing(() => ({ decision: 'approve' })),
  'reads each decision as a rejection': handing(() => ({ decision: 'reject' })),
  'always names the default tenant': handing(() => ({ tenant: 'default' })),
  'names another request': handing(() => ({ requestId: 'approval-1' })),
  'reads each message as the first revision': handing(() => ({ revision: 1 })),
  'does not say what was seen': handing(() => ({ viewHash: '0'.repeat(64) })),
  'does not say who decided': handing(() => ({ reviewer: undefined })),
  'does not say how it knows who decided': handing(() => ({ assurance: {} })),
  'has no key for a delivery': handing(() => ({ idempotencyKey: undefined })),
  'has a new key for each delivery': handing(() => ({ idempotencyKey: `${performance.now()}` })),
  'has one key for all deliveries': handing(() => ({ idempotencyKey: 'delivery' })),
  'adds a field that the core does not accept': handing(() => ({ approved: true })),
  'checks no signature': harnessOf({ checks: [isNotOld, isNotEarly] }),
  'checks only that there is a signature': harnessOf({
    checks: [(_, __, signature) => signature !== null, isNotOld, isNotEarly],
  }),
  'accepts old events': harnessOf({ checks: [isSigned, isNotEarly] }),
  'accepts events from the future': harnessOf({ checks: [isSigned, isNotOld] }),
  'decides on GET': harnessOf({ methods: ['POST', 'GET'] }),
  'decides on HEAD': harnessOf({ methods: ['POST', 'HEAD'] }),
  'throws at a request that it does not understand': harnessOf({
    checks: [(_, body) => JSON.parse(body) !== null, ...allChecks],
  }),
  'is shown no forgery': harnessOf({}, () => []),
})

function createChannel(
  { shape, text = allBut(), ref = { message: 1 }, update, checks = allChecks, ...change }: Change,
  intake: Intake,
  post: (text: string) => void,
): Channel {
  const { handOver = (to, decision) => to(decision), methods = ['POST'] } = change
  return {
    contract: 'channel/v1',
    name: 'webhook',
    async notify(request) {
      for (const line of text(request)) post(line)
      return ref as { message: number }
    },
    async update(_ref, request) {
      if (update) return update(post) as undefined
      post(`${request.aggregateId} is ${request.status}`)
    },
    async handle(request) {
      if (!methods.includes(request.method)) return new Response(null, { status: 405 })
      const at = Number(request.headers.get('x-at'))
      const body =
        request.method === 'POST'
          ? await request.text()
          : (new URL(request.url).searchParams.get('event') ?? '')
      const signature = request.headers.get('x-signature')
      if (!checks.every((check) => check(at, body, signature)))
        return new Response(null, { status: 401 })
      await handOver(intake, decisionIntakeSchema.parse(JSON.parse(body)))
      return new Response(null, { status: 204 })
    },
    ...shape,
  }
}

function harnessOf(change: Change, forged = forgeries): ChannelHarness {
  let posted: string[] = []
  return {
    name: 'a webhook channel',
    create(intake) {
      posted = []
      return createChannel(change, intake, (text) => posted.push(text))
    },
    sent: () => posted,
    inbound: {
      genuine(request, decision, deliveryId) {
        const at = Date.now()
        const body = click(request, decision, deliveryId)
        return send(body, at, sign(at, body))
      },
      forged,
    },
  }
}
