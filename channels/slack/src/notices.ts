import {
  allEnded,
  isAssured,
  LoopError,
  type ApprovalRequest,
  type ApprovalView,
  type Channel,
  type Clock,
  type MessageRef,
} from '@loop-engine/core'
import { z } from 'zod'

import type { Message, Posted, SlackCalls } from './api/slack-calls.ts'
import type { CardButtons } from './card/card-actions.ts'
import type { CardTokens } from './card/card-token.ts'
import { createCard } from './card/card.ts'
import { consoleUrlOf, linkTo, type ConsoleUrl } from './card/link.ts'
import { createPaper } from './card/paper.ts'
import { createRecent } from './recent.ts'

export interface NoticesOptions {
  readonly name: string
  readonly calls: SlackCalls
  readonly tokens: CardTokens
  readonly clock: Clock
  readonly conversation: string | ((request: ApprovalRequest) => string)
  readonly consoleUrl: ConsoleUrl
  readonly canEdit: boolean
}

/** The places of a request's cards, one in each conversation that was notified. */
const refSchema = z.object({ cards: z.array(z.object({ channel: z.string(), ts: z.string() })) })
const conversationId = /^[CDG][A-Z0-9]{2,}$/
const slack = { method: 'slack' }
const rememberMs = 3_600_000

/** The outbound side: posts one card in each conversation, posts reminders below it, and repaints all cards. */
export function createNotices(
  options: NoticesOptions,
): Required<Pick<Channel, 'notify' | 'update'>> {
  const { name, calls, tokens, clock, conversation, consoleUrl } = options
  /** The engine repeats a notice whose reference it could not store. Within one process the card is not posted again. */
  const posted = createRecent<Posted>({ clock, forMs: rememberMs })

  return {
    async notify(request, view, { signal, idempotencyKey }) {
      const cards = cardsOf(request.messages[name])
      const channel = placeOf(request)
      const message = messageOf(request, view, channel)
      const known = cards.find((card) => card.channel === channel)
      // If somebody deleted the card, a new one is posted, because nobody could decide without it.
      if (known && (await calls.repaint(known, message, signal))) {
        await calls.remind(known, reminder(request, view), signal)
        return refOf(cards)
      }
      const { value } = posted.take(idempotencyKey, () => calls.post(channel, message, signal))
      return refOf([...cards.filter((card) => card !== known), await value])
    },
    async update(ref, request, view, { signal }) {
      // A repaint that is slow must not come behind that of the next attempt.
      await allEnded(
        cardsOf(ref).map((card) =>
          calls.repaint(card, messageOf(request, view, card.channel), signal),
        ),
      )
    },
  }

  function placeOf(request: ApprovalRequest): string {
    const place = typeof conversation === 'function' ? conversation(request) : conversation
    if (conversationId.test(place)) return place
    throw new LoopError('invalid_config', 'The Slack conversation is not an id.', {
      plugin: 'slack',
      path: '/conversation',
      hint: 'Copy the id (C…) from the details of the conversation. Names of conversations or people do not work.',
    })
  }

  function messageOf(request: ApprovalRequest, view: ApprovalView, channel: string): Message {
    const url = consoleUrlOf(consoleUrl, request)
    if (request.status !== 'pending') return createCard({ request, view, consoleUrl: url })
    return createCard({ request, view, consoleUrl: url, buttons: buttonsOf(request, channel) })
  }

  function buttonsOf(request: ApprovalRequest, channel: string): CardButtons {
    const { tenant, id: requestId, revision, viewHash, policy, evidence } = request
    const facts = { tenant, requestId, revision, viewHash, channel }
    const mayApprove = policy.assurance === undefined || isAssured(slack, policy.assurance)
    const mayEdit =
      mayApprove && options.canEdit && policy.allow?.includes('edit') && evidence !== null
    return {
      ...(mayApprove && { approve: tokens.seal('approve', facts) }),
      reject: tokens.seal('reject', facts),
      ...(mayEdit && { edit: tokens.seal('edit', facts) }),
    }
  }

  function reminder(request: ApprovalRequest, view: ApprovalView): string {
    const title = createPaper().line(view.title, 300)
    return `Still waiting for a decision: ${title}. See the card above, or ${linkTo(consoleUrlOf(consoleUrl, request), 'the console')}.`
  }
}

const refOf = (cards: readonly Posted[]): MessageRef => ({
  cards: cards.map(({ channel, ts }) => ({ channel, ts })),
})

function cardsOf(ref: unknown): readonly Posted[] {
  if (ref === undefined) return []
  const read = refSchema.safeParse(ref)
  if (read.success) return read.data.cards
  throw new LoopError('corrupt', 'The stored reference to a Slack message cannot be read.', {
    plugin: 'slack',
  })
}
