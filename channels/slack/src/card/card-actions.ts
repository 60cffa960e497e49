import { LoopError, type ApprovalView } from '@loop-engine/core'
import type { types } from '@slack/bolt'

import { plain, type Paper } from './paper.ts'

/** The sealed tokens that the buttons carry. */
export interface CardButtons {
  /** Left out if the policy asks for a stronger sign-in than Slack's. */
  readonly approve?: string
  readonly reject: string
  /** Only if the policy allows edits. */
  readonly edit?: string
}

export const actionIds = {
  approve: 'loop:approve',
  reject: 'loop:reject',
  edit: 'loop:edit',
  console: 'loop:console',
} as const

/** Slack accepts 2000 characters, but all blocks together must fit as well. */
const mostValue = 700
const mostConfirm = 200

export function createActions(
  paper: Paper,
  view: ApprovalView,
  { approve, reject, edit }: CardButtons,
  consoleUrl: string,
): types.ActionsBlock {
  const isRisky = view.transition.risk === 'high' || view.transition.risk === 'critical'
  return {
    type: 'actions',
    elements: [
      ...(approve === undefined
        ? []
        : [
            {
              ...button('approve', 'Approve', approve),
              style: 'primary' as const,
              ...(isRisky && { confirm: confirmation(paper, view) }),
            },
          ]),
      { ...button('reject', 'Reject…', reject), style: 'danger' },
      ...(edit === undefined ? [] : [button('edit', 'Edit…', edit)]),
      { ...button('console', 'Open the console'), url: consoleUrl },
    ],
  }
}

function button(action: keyof typeof actionIds, text: string, value?: string): types.Button {
  if (value !== undefined && value.length > mostValue)
    throw new LoopError('too_large', 'The ids of the request are too long for a Slack button.', {
      plugin: 'slack',
    })
  return {
    type: 'button',
    action_id: actionIds[action],
    text: plain(text),
    ...(value !== undefined && { value }),
  }
}

/** Approving a high risk asks once more, because a thumb on a phone slips. */
function confirmation(paper: Paper, { title, transition }: ApprovalView): types.ConfirmationDialog {
  return {
    title: plain('Approve this?'),
    text: plain(`${paper.line(title, mostConfirm)}: the risk is ${transition.risk}.`),
    confirm: plain('Approve'),
    deny: plain('Not yet'),
    style: 'primary',
  }
}
