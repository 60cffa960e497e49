import type { types } from '@slack/bolt'

import { createPaper, plain } from '../card/paper.ts'

export const formIds = { reject: 'loop:reject-form', edit: 'loop:edit-form' } as const
export const reasonBlock = 'reason'
const mostReason = 3000

/** Asks why; a rejection without a reason helps nobody. */
export function createRejectForm(token: string): types.ModalView {
  return {
    type: 'modal',
    callback_id: formIds.reject,
    private_metadata: token,
    title: plain('Reject'),
    submit: plain('Reject'),
    close: plain('Back'),
    blocks: [reasonInput('Why not?', false)],
  }
}

export function reasonInput(label: string, optional: boolean): types.InputBlock {
  return {
    type: 'input',
    block_id: reasonBlock,
    optional,
    label: plain(label),
    element: {
      type: 'plain_text_input',
      action_id: 'text',
      multiline: true,
      max_length: mostReason,
    },
  }
}

/** Says something in a form's place: that it is coming, or that there will be none. */
export function createNotice(title: 'One moment' | 'Not possible', text: string): types.ModalView {
  return {
    type: 'modal',
    title: plain(title),
    close: plain('Close'),
    blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }],
  }
}

export const plainLine = (text: string, limit: number): types.PlainTextElement =>
  plain(createPaper().line(text, limit))
