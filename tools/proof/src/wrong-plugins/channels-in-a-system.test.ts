import type { Channel } from '@loop-engine/core'
import { channelJourneys, type ChannelJourneyHarness } from '@loop-engine/testing'
import { describe } from 'vitest'

import { boardHarness, windowMs, type Board } from './board.ts'
import { suiteJudges } from './suite-judges.ts'

type Handle = Required<Channel>['handle']

/** A channel that handles events in another way. */
const handling = (
  handle: (event: Request, inner: Handle, board: Board) => Promise<Response>,
): ChannelJourneyHarness<Board> =>
  boardHarness({
    channel: (inner, board) => ({
      handle: (event: Request) => handle(event, inner.handle, board),
    }),
  })
const taken = (): Response => new Response(null, { status: 202 })

await suiteJudges(
  (harness: ChannelJourneyHarness<Board>) =>
    describe('the journeys', () => {
      channelJourneys(harness)
    }),
  boardHarness(),
  {
    'has no inbound side': boardHarness({ channel: () => ({ handle: undefined }) }),
    'acknowledges a click and forwards nothing': handling(async (_, __, board) => {
      board.answer('Thank you.')
      return taken()
    }),
    'says nothing after a click': boardHarness({ answer: () => null }),
    'reads each click as an approval': boardHarness({
      decision: () => ({ decision: 'approve' }),
    }),
    'names the same person for every decision': boardHarness({
      decision: () => ({ reviewer: { type: 'human', id: 'alice' } }),
    }),
    'claims a stronger authentication than it has': boardHarness({
      decision: () => ({ assurance: { method: 'oidc' } }),
    }),
    'does not name the event behind a decision': boardHarness({
      decision: () => ({ proof: undefined }),
    }),
    'does not recognise a repeated delivery': boardHarness({
      decision: () => ({ idempotencyKey: undefined }),
    }),
    'recognises repeated deliveries only until it is restarted': boardHarness({
      decision: () => ({ idempotencyKey: undefined }),
      channel({ handle }) {
        const known = new Set<string>()
        return {
          async handle(event: Request) {
            const body = await event.clone().text()
            if (known.has(body)) return taken()
            const response = await handle(event)
            if (response.ok) known.add(body)
            return response
          },
        }
      },
    }),
    'decides about the current request, not about the one that was shown': boardHarness({
      async decision({ tenant, requestId }, { getApproval }) {
        const now = await getApproval({ tenant, id: requestId })
        return now ? { revision: now.revision, viewHash: now.viewHash } : {}
      },
    }),
    'knows only the messages that it sent since its start': boardHarness({
      channel({ notify, handle }, board) {
        const sent = new Set<string>()
        return {
          async notify(...given: Parameters<Channel['notify']>) {
            sent.add(given[0].id)
            return notify(...given)
          },
          async handle(event: Request) {
            const body = await event.clone().text()
            if ([...sent].some((id) => body.includes(id))) return handle(event)
            board.answer('This is not known.')
            return taken()
          },
        }
      },
    }),
    'does not look at signatures': boardHarness({
      accepts: ({ method, ageMs }) => method === 'POST' && Math.abs(ageMs) <= windowMs,
    }),
    'accepts events of any age': boardHarness({
      accepts: ({ isSigned, ageMs }) => isSigned && ageMs >= -windowMs,
    }),
    'accepts events from the future': boardHarness({
      accepts: ({ isSigned, ageMs }) => isSigned && ageMs <= windowMs,
    }),
    'refuses clicks with a clock that is slightly wrong': boardHarness({
      accepts: ({ method, isSigned, ageMs }) => method === 'POST' && isSigned && ageMs === 0,
    }),
    'answers a forged event as if it were right': handling(async (event, inner) => {
      const response = await inner(event)
      return response.status === 401 ? taken() : response
    }),
    'throws at a request that it cannot read': handling(async (event, inner) => {
      const text = await event.clone().text()
      return text.startsWith('{"') ? inner(event) : new Response(null, { status: 500 })
    }),
    'does not say what is asked': boardHarness({ text: () => 'Decision needed' }),
    'does not say for whom an agent asks': boardHarness({
      text: (right) => right.replace('owner', 'somebody'),
    }),
    'shows what a model wrote as markup': boardHarness({
      text: (right, _, { fields }) =>
        `${right} ${fields.map(({ value }) => JSON.stringify(value)).join()}`,
    }),
    'does not show the progress of a quorum': boardHarness({
      text: (right) => right.replace(/votes \d+/, ''),
    }),
    'shows an expiry as a rejection': boardHarness({
      text: (right) => right.replace('expired', 'rejected'),
    }),
    'never updates a message': boardHarness({ channel: () => ({ update: async () => undefined }) }),
    'gives up a message while the board is away': boardHarness({
      channel: ({ notify }) => ({
        notify: (...given: Parameters<Channel['notify']>) =>
          notify(...given).catch(() => undefined),
      }),
    }),
    'gives up an update while the board is away': boardHarness({
      channel: ({ update }) => ({
        update: (...given: Parameters<Required<Channel>['update']>) =>
          update(...given).catch(() => undefined),
      }),
    }),
  },
)
