import { createHmac } from 'node:crypto'

import {
  isLoopError,
  type ApprovalRequest,
  type ApprovalView,
  type Channel,
  type DecisionIntake,
} from '@loop-engine/core'
import {
  createAuthority,
  createIntake,
  createLoopSystem,
  createMemoryStore,
} from '@loop-engine/sdk'
import type {
  ChannelJourneyHarness,
  ChannelSetting,
  ChannelVendor,
  Click,
} from '@loop-engine/testing'

const url = 'https://loops.example/board'
export const windowMs = 300_000

/** The change that makes the channel of the board wrong. */
export interface BoardChange {
  /** The text on the board, given the right text. */
  readonly text?: (right: string, request: ApprovalRequest, view: ApprovalView) => string
  readonly channel?: (inner: Required<Channel>, board: Board, setting: ChannelSetting) => object
  /** Whether an event is accepted as genuine. */
  readonly accepts?: (event: BoardEvent) => boolean
  readonly decision?: (right: DecisionIntake, setting: ChannelSetting) => object | Promise<object>
  /** What the person is told, given the right answer; null for nothing. */
  readonly answer?: (right: string) => string | null
}

/** An incoming event. */
interface BoardEvent {
  readonly method: string
  readonly isSigned: boolean
  /** Milliseconds since the event was signed. */
  readonly ageMs: number
}

export interface Board extends ChannelVendor {
  /** Throws while the board is away. */
  hang(request: ApprovalRequest, text: string): void
  answer(text: string): void
}

/**
 * The harness of a board, which shows text and posts signed clicks, and of the smallest channel to it, with a change.
 */
export function boardHarness(change: BoardChange = {}): ChannelJourneyHarness<Board> {
  return {
    name: 'the board',
    createVendor: (clock) => createBoard(() => clock.now()),
    create: (setting, board) => ({ channel: createChannel(change, setting, board) }),
    createSystem: async (options) =>
      createLoopSystem(options as Parameters<typeof createLoopSystem>[0]) as never,
    createIntake: (options) => createIntake(options as Parameters<typeof createIntake>[0]),
    createAuthority,
    createStore: () => createMemoryStore(),
    assurance: 'board',
    windowMs,
  }
}

function createBoard(now: () => number): Board {
  const notes = new Map<string, { readonly text: string; readonly seen: object }>()
  const answers: string[] = []
  let away = false
  const bodyOf = ({ deliveryId: delivery, signedAt: _, ...click }: Click): string => {
    const note = notes.get(`${click.requestId} ${click.revision}`)
    return JSON.stringify({ ...note?.seen, ...click, delivery })
  }
  const post = (body: string, at: number, signature: string): Request =>
    new Request(url, {
      method: 'POST',
      body,
      headers: { 'x-at': `${at}`, 'x-signature': signature },
    })
  return {
    hang({ id, revision, tenant, viewHash }, text) {
      if (away) throw new Error('The board is away.')
      notes.set(`${id} ${revision}`, { text, seen: { tenant, viewHash } })
    },
    answer: (text) => void answers.push(text),
    answers: () => answers,
    down(isDown) {
      away = isDown
    },
    shown: (id) =>
      [...notes].filter(([key]) => key.startsWith(`${id} `)).map(([, { text }]) => text),
    click(click) {
      const at = click.signedAt ?? now()
      const body = bodyOf(click)
      return post(body, at, sign(at, body))
    },
    forged(click) {
      const at = now()
      const body = bodyOf(click)
      return [
        post(body, at, ''),
        post(body, at, sign(at, body, 'another secret')),
        post(body.replace('approve', 'reject'), at, sign(at, body)),
        post(body, at + 1, sign(at, body)),
      ]
    },
  }
}

function sign(at: number, body: string, secret = 'board secret'): string {
  return createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')
}

function createChannel(change: BoardChange, setting: ChannelSetting, board: Board): Channel {
  const { text = same, accepts = isGenuine, decision = same, answer = same } = change
  const { clock, decide } = setting
  const hang = (request: ApprovalRequest, view: ApprovalView): void =>
    board.hang(request, text(textOf(request, view), request, view))
  const judge = async ({ person, delivery, ...click }: Posted): Promise<string> => {
    const right: DecisionIntake = {
      ...click,
      reviewer: { type: 'human', id: person },
      assurance: { method: 'board', subject: person, at: clock.now() },
      proof: { delivery },
      idempotencyKey: delivery,
    }
    try {
      const { status, reason } = await decide({ ...right, ...(await decision(right, setting)) })
      return `${status} ${reason ?? ''}`
    } catch (error) {
      if (isLoopError(error)) return error.message
      throw error
    }
  }
  const right: Required<Channel> = {
    contract: 'channel/v1',
    name: 'board',
    async notify(request, view) {
      hang(request, view)
      return { request: request.id }
    },
    async update(_, request, view) {
      hang(request, view)
    },
    async handle(event) {
      const { method, headers } = event
      const at = Number(headers.get('x-at'))
      const body = await event.text()
      const isSigned = headers.get('x-signature') === sign(at, body)
      const ageMs = clock.now() - at
      if (!accepts({ method, isSigned, ageMs })) return new Response(null, { status: 401 })
      const posted = readPosted(body)
      const told = answer(posted ? await judge(posted) : 'This cannot be read.')
      if (told !== null) board.answer(told)
      return new Response(null, { status: 202 })
    },
  }
  return { ...right, ...change.channel?.(right, board, setting) }
}

const same = <Value>(value: Value): Value => value

function isGenuine({ method, isSigned, ageMs }: BoardEvent): boolean {
  return method === 'POST' && isSigned && Math.abs(ageMs) <= windowMs
}

/** The content of a click. Its shape is known, because it is signed. */
interface Posted extends Pick<
  DecisionIntake,
  'tenant' | 'requestId' | 'revision' | 'viewHash' | 'decision' | 'reason'
> {
  readonly person: string
  readonly delivery: string
}

function readPosted(body: string): Posted | undefined {
  try {
    const value = JSON.parse(body) as Posted | null
    return typeof value?.requestId === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

function textOf(
  request: ApprovalRequest,
  { transition, aggregateId, requester, fields }: ApprovalView,
): string {
  return [
    `${request.status}: ${transition.id} ${aggregateId} for ${requester.id}`,
    `on behalf of ${requester.onBehalfOf}, votes ${request.decisions.length}`,
    ...fields.map(({ label, value }) => `${label}: ${harmless(JSON.stringify(value))}`),
  ].join('\n')
}

function harmless(text: string): string {
  return text.replaceAll('<', '&lt;').replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
}
