import { createHmac, timingSafeEqual } from 'node:crypto'

import {
  isLoopError,
  type ApprovalRequest,
  type ApprovalView,
  type DecisionIntake,
} from '@loop-engine/core'
import {
  channelJourneys,
  type ChannelSetting,
  type ChannelVendor,
  type Click,
  type OpenChannel,
} from '@loop-engine/testing'
import { z } from 'zod'

import { createAuthority, createIntake, createLoopSystem, createMemoryStore } from './index.ts'

/** The smallest channel that keeps every promise: a board that shows text and posts signed clicks. */
const secret = 'board secret'
const url = 'https://loops.example/board'
const windowMs = 300_000

const clickSchema = z.object({
  tenant: z.string(),
  requestId: z.string(),
  revision: z.int(),
  viewHash: z.string(),
  decision: z.enum(['approve', 'reject']),
  reason: z.string().optional(),
  person: z.string(),
  delivery: z.string(),
})

interface Board extends ChannelVendor {
  /** What hangs on the board, by request and revision. */
  readonly notes: Map<
    string,
    { text: string; fields: Pick<ApprovalRequest, 'tenant' | 'viewHash'> }
  >
  isDown: boolean
  answer(text: string): void
}

function createBoard(now: () => number): Board {
  const notes: Board['notes'] = new Map()
  const answers: string[] = []
  const sign = (at: number, body: string, key = secret): string =>
    createHmac('sha256', key).update(`${at}.${body}`).digest('hex')
  const bodyOf = ({ person, decision, reason, requestId, revision, deliveryId }: Click): string => {
    const note = notes.get(`${requestId} ${revision}`)
    return JSON.stringify({
      ...note?.fields,
      requestId,
      revision,
      decision,
      reason,
      person,
      delivery: deliveryId,
    })
  }
  const post = (body: string, at: number, signature: string): Request =>
    new Request(url, {
      method: 'POST',
      body,
      headers: { 'x-at': `${at}`, 'x-signature': signature },
    })
  return {
    notes,
    isDown: false,
    answer: (text) => void answers.push(text),
    answers: () => answers,
    down(isDown) {
      this.isDown = isDown
    },
    shown: (id) =>
      [...notes].filter(([key]) => key.startsWith(`${id} `)).map(([, { text }]) => text),
    click(click) {
      const body = bodyOf(click)
      const at = click.signedAt ?? now()
      return post(body, at, sign(at, body))
    },
    forged(click) {
      const body = bodyOf(click)
      const at = now()
      return [
        post(body, at, ''),
        post(body, at, sign(at, body, 'another secret')),
        post(body.replace('approve', 'reject'), at, sign(at, body)),
        post(body, at + 1, sign(at, body)),
      ]
    },
  }
}

function createBoardChannel({ clock, decide }: ChannelSetting, board: Board): OpenChannel {
  const hang = (request: ApprovalRequest, view: ApprovalView): void => {
    if (board.isDown) throw new Error('the board is away')
    const { tenant, viewHash } = request
    const text = [
      `${request.status}: ${view.transition.id} ${view.aggregateId} for ${view.requester.id}`,
      `on behalf of ${view.requester.onBehalfOf}, votes ${request.decisions.length}`,
      ...view.fields.map(({ label, value }) => `${label}: ${escape(JSON.stringify(value))}`),
    ].join('\n')
    board.notes.set(`${request.id} ${request.revision}`, { text, fields: { tenant, viewHash } })
  }
  return {
    channel: {
      contract: 'channel/v1',
      name: 'board',
      async notify(request, view) {
        hang(request, view)
        return { request: request.id }
      },
      async update(_ref, request, view) {
        hang(request, view)
      },
      async handle(event) {
        if (event.method !== 'POST') return new Response(null, { status: 405 })
        const at = Number(event.headers.get('x-at'))
        const body = await event.text()
        const given = Buffer.from(event.headers.get('x-signature') ?? '', 'hex')
        const right = createHmac('sha256', secret).update(`${at}.${body}`).digest()
        const isGenuine =
          given.length === right.length &&
          timingSafeEqual(given, right) &&
          Math.abs(clock.now() - at) <= windowMs
        if (!isGenuine) return new Response(null, { status: 401 })
        const click = clickSchema.safeParse(JSON.parse(body))
        board.answer(click.success ? await judge(click.data) : 'This cannot be read.')
        return new Response(null, { status: 202 })
      },
    },
  }

  async function judge({
    person,
    delivery,
    ...click
  }: z.infer<typeof clickSchema>): Promise<string> {
    const decision: DecisionIntake = {
      ...click,
      reviewer: { type: 'human', id: person },
      assurance: { method: 'board', subject: person, at: clock.now() },
      proof: { delivery },
      idempotencyKey: delivery,
    }
    try {
      const { status, reason } = await decide(decision)
      return `${status} ${reason ?? ''}`
    } catch (error) {
      if (isLoopError(error)) return error.message
      throw error
    }
  }
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
}

channelJourneys<Board>({
  name: 'the board',
  createVendor: (clock) => createBoard(() => clock.now()),
  create: createBoardChannel,
  createSystem: async (options) =>
    createLoopSystem(options as Parameters<typeof createLoopSystem>[0]) as never,
  createIntake: (options) => createIntake(options as Parameters<typeof createIntake>[0]),
  createAuthority,
  createStore: () => createMemoryStore(),
  assurance: 'board',
  windowMs,
})
