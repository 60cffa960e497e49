import type { types } from '@slack/bolt'

import { createPaper, plain } from '../card/paper.ts'

export const formIds = { reject: 'loop:reject-form', edit: 'loop:edit-form' } as const
export const reasonBlock = 'reason'
const mostReason = 3000

/** A form that asks for the reason of a rejection. */
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

/** A notice in place of a form: the form is being made, or is not possible. */
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
