import type { ApprovalRequest, ApprovalView } from '@loop-engine/core'
import type { types } from '@slack/bolt'

import type { Message } from '../api/slack-calls.ts'
import { createActions, type CardButtons } from './card-actions.ts'
import { detailsOf } from './card-details.ts'
import { factsOf, outcomeOf, votesOf } from './card-facts.ts'
import { linkTo } from './link.ts'
import { createPaper, plain, plainSection, weighBlocks } from './paper.ts'

/**
 * Slack refuses messages whose blocks together exceed about 13,200 characters, a limit that it does not document. We count
 * bytes on the wire, which are never fewer.
 */
const mostBytes = 12_000

export interface CardInput {
  readonly request: ApprovalRequest
  readonly view: ApprovalView
  readonly consoleUrl: string
  /** Left out once the request is decided. */
  readonly buttons?: CardButtons
}

const titles = {
  pending: 'Decision needed',
  approved: 'Approved',
  rejected: 'Rejected',
  expired: 'Expired',
  superseded: 'Superseded',
  cancelled: 'Taken back',
} as const

/**
 * Makes the message about a request, within all limits of Slack. Texts from outside are escaped and stand in `plain_text`,
 * where Slack applies no formatting. Whatever is left out is marked, and the card links to the console.
 */
export function createCard({ request, view, consoleUrl, buttons }: CardInput): Message {
  const paper = createPaper()
  const title = `${titles[request.status]}: ${paper.line(view.title, 110)}`
  const head: types.KnownBlock[] = [
    { type: 'header', text: plain(title) },
    plainSection(factsOf(paper, request, view)),
  ]
  const isPending = request.status === 'pending'
  const tail: types.KnownBlock[] = [
    plainSection(isPending ? votesOf(paper, request) : outcomeOf(paper, request)),
    ...(isPending ? [expiry(view.expiresAt)] : []),
    ...(buttons ? [createActions(paper, view, buttons, consoleUrl)] : []),
  ]
  const room = mostBytes - weighBlocks([...head, ...tail, noticeOf(true, consoleUrl)])
  const details = detailsOf(paper, view, room)
  const notice = paper.isCut() || !buttons ? [noticeOf(paper.isCut(), consoleUrl)] : []

  return {
    text: title,
    blocks: [...head, ...details, ...notice, ...tail].map((block, index) => ({
      ...block,
      block_id: `loop:${request.revision}:${index}`,
    })),
    metadata: {
      event_type: 'loop_engine_approval',
      event_payload: { request_id: request.id, revision: request.revision },
    },
  }
}

function noticeOf(isCut: boolean, consoleUrl: string): types.ContextBlock {
  const link = linkTo(consoleUrl, 'the console')
  const text = isCut
    ? `⟨This card is cut to what Slack can show.⟩ All of it is shown in ${link}.`
    : `All details are shown in ${link}.`
  return { type: 'context', elements: [{ type: 'mrkdwn', text }] }
}

/** The expiry in the reader's own time zone. Together with the link it is the only markup of a card, made of a number. */
function expiry(at: number): types.ContextBlock {
  const seconds = Math.floor(at / 1000)
  const fallback = new Date(at).toISOString()
  return {
    type: 'context',
    elements: [
      {
        type: 'mrkdwn',
        text: `Expires <!date^${seconds}^{date_short_pretty} at {time}|${fallback}>`,
      },
    ],
  }
}
