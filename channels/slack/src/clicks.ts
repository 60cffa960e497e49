import type { ApprovalRequest } from '@loop-engine/core'
import type { types } from '@slack/bolt'

import { deadCard, strangerText } from './answer-text.ts'
import { actionIds } from './card-actions.ts'
import type { CardFacts, CardTokens, Purpose } from './card-token.ts'
import type { Intention, Judged } from './deciding.ts'
import { deliveryOfClick } from './delivery.ts'
import { createEditForm } from './edit-form.ts'
import { createNotice, createRejectForm } from './forms.ts'
import type { Click } from './payloads.ts'
import type { People } from './people.ts'
import type { Posted, SlackCalls } from './slack-calls.ts'

/** How the channel sees a request that somebody wants to edit; `approvals.get` of the system. */
export type FindRequest = (query: {
  readonly id: string
  readonly tenant: string
}) => Promise<ApprovalRequest | null>

type View = types.ModalView

export interface ClicksOptions {
  readonly calls: SlackCalls
  readonly tokens: CardTokens
  readonly people: People
  readonly judge: (intention: Intention) => Promise<Judged>
  readonly find?: FindRequest
  readonly schemaOf?: (request: ApprovalRequest) => object | undefined
  readonly repaint: (card: Posted, request: ApprovalRequest) => Promise<void>
  readonly report: (problem: unknown) => void
}

const purposes: Readonly<Record<string, Purpose>> = {
  [actionIds.approve]: 'approve',
  [actionIds.reject]: 'reject',
  [actionIds.edit]: 'edit',
}
const notOpened = 'Slack did not open the form in time. Nothing was decided; click again.'

/** What becomes of a click on a card: a decision, a form, or an explanation; never silence. */
export function createClicks(options: ClicksOptions) {
  const { calls, tokens, people, judge, repaint, report } = options

  return async (click: Click): Promise<void> => {
    const [{ action_id, value = '' }] = click.actions
    const { channel_id: channel, message_ts: ts } = click.container
    if (action_id === actionIds.console) return // a link; Slack tells us all the same
    const say = (text: string): Promise<void> => calls.whisper(channel, click.user.id, text)

    const purpose = purposes[action_id]
    const facts = purpose ? tokens.open(purpose, value) : null
    // A card that was copied somewhere else was not sent there by us.
    if (!purpose || !facts || !ts || channel !== facts.channel) return say(deadCard)
    const card: Posted = { channel: facts.channel, ts }
    if (purpose === 'approve') return approve(click, facts, card, say)

    // The right to open a form is gone after three seconds, so that comes before any other call.
    const form = tokens.seal(`${purpose === 'edit' ? 'edit' : 'reject'}-form`, {
      ...facts,
      messageTs: ts,
      user: click.user.id,
    })
    const first =
      purpose === 'edit' ? createNotice('One moment', 'Looking it up…') : createRejectForm(form)
    const opened = await calls.openView(click.trigger_id, first).catch((error: unknown) => {
      report(error)
      return null
    })
    if (opened === null) return say(notOpened)
    const { next, request } = await followUp(click, facts, form)
    if (next) await calls.updateView(opened, next)
    if (request) await repaint(card, request)
  }

  async function approve(
    click: Click,
    facts: CardFacts,
    card: Posted,
    say: (text: string) => Promise<void>,
  ): Promise<void> {
    const { id, proof } = deliveryOfClick(click)
    const judged = await judge({
      sender: click,
      facts,
      decision: 'approve',
      proof,
      deliveryId: id,
    })
    await say(judged.say)
    if (judged.request) await repaint(card, judged.request)
  }

  /** What the open form should show instead, once it is known who opened it and what became of the request. */
  async function followUp(click: Click, facts: CardFacts, form: string): Promise<FollowUp> {
    const who = await people.identify(click)
    if ('stranger' in who) return { next: createNotice('Not possible', strangerText(who.stranger)) }
    const isEdit = click.actions[0].action_id === actionIds.edit
    try {
      const request = (await options.find?.({ id: facts.requestId, tenant: facts.tenant })) ?? null
      const next = isEdit ? editForm(request, facts, form) : whyOver('rejected', request)
      return { next, ...(request && { request }) }
    } catch (error) {
      report(error)
      // Whoever rejects is judged when the form is sent.
      if (!isEdit) return { next: null }
      return {
        next: createNotice('Not possible', 'The request could not be looked up. Try again.'),
      }
    }
  }

  function editForm(request: ApprovalRequest | null, facts: CardFacts, token: string) {
    const schema = request ? options.schemaOf?.(request) : undefined
    return (
      whyNotEdit(request, facts) ??
      createEditForm({ request: request as ApprovalRequest, token, schema }) ??
      createNotice('Not possible', 'Nothing of this can be edited in Slack. Use the console.')
    )
  }
}

interface FollowUp {
  readonly next: View | null
  readonly request?: ApprovalRequest
}

function whyOver(what: 'edited' | 'rejected', request: ApprovalRequest | null): View | null {
  if (!request || request.status === 'pending') return null
  return createNotice('Not possible', `This can no longer be ${what}: it is ${request.status}.`)
}

function whyNotEdit(request: ApprovalRequest | null, { revision, viewHash }: CardFacts) {
  const over = whyOver('edited', request)
  if (over) return over
  const why = !request
    ? 'This request does not exist (any more).'
    : request.revision !== revision || request.viewHash !== viewHash
      ? 'This was edited after your card was made. Look at the newest card.'
      : !request.policy.allow?.includes('edit') || request.evidence === null
        ? 'The policy of this step does not allow edits.'
        : null
  return why === null ? null : createNotice('Not possible', why)
}
