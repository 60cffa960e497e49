import type { ApprovalRequest } from '@loop-engine/core'
import type { GetApproval } from '@loop-engine/core/decision-page'
import type { types } from '@slack/bolt'

import type { Posted, SlackCalls } from '../api/slack-calls.ts'
import { actionIds } from '../card/card-actions.ts'
import type { CardFacts, CardTokens, Purpose } from '../card/card-token.ts'
import { createEditForm } from '../forms/edit-form.ts'
import { createNotice, createRejectForm } from '../forms/forms.ts'
import { deadCard, strangerText } from './answer-text.ts'
import type { Intention, Judged } from './deciding.ts'
import { deliveryOfClick } from './delivery.ts'
import type { Click } from './payloads.ts'
import type { People } from './people.ts'

type View = types.ModalView

export interface ClicksOptions {
  readonly calls: SlackCalls
  readonly tokens: CardTokens
  readonly people: People
  readonly judge: (intention: Intention) => Promise<Judged>
  readonly getApproval?: GetApproval
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

/** Answers each click on a card: with a decision, a form, or an explanation. */
export function createClicks(options: ClicksOptions) {
  const { calls, tokens, people, judge, repaint, report } = options

  return async (click: Click): Promise<void> => {
    const [{ action_id, value = '' }] = click.actions
    const { channel_id: channel, message_ts: ts } = click.container
    if (action_id === actionIds.console) return // a link, of which Slack reports the click too
    const say = (text: string): Promise<void> => calls.whisper(channel, click.user.id, text)

    const purpose = purposes[action_id]
    const facts = purpose ? tokens.open(purpose, value) : null
    // A card in another conversation was copied there, and not sent by this channel.
    if (!purpose || !facts || !ts || channel !== facts.channel) return say(deadCard)
    const card: Posted = { channel: facts.channel, ts }
    if (purpose === 'approve') return approve(click, facts, card, say)

    // A form must be opened within three seconds of the click, so this comes before any other call.
    const isEdit = purpose === 'edit'
    const form = tokens.seal(isEdit ? 'edit-form' : 'reject-form', {
      ...facts,
      messageTs: ts,
      user: click.user.id,
    })
    const first = isEdit ? createNotice('One moment', 'Looking it up…') : createRejectForm(form)
    const opened = await calls.openView(click.trigger_id, first).catch((error: unknown) => {
      report(error)
      return null
    })
    if (opened === null) return say(notOpened)
    const { next, request } = await followUp(click, facts, isEdit ? form : null)
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

  /** What the open form shows next, once the person is identified and the request is looked up. */
  async function followUp(
    click: Click,
    facts: CardFacts,
    editToken: string | null,
  ): Promise<FollowUp> {
    const who = await people.identify(click)
    if ('stranger' in who) return { next: notPossible(strangerText(who.stranger)) }
    try {
      const request = await options.getApproval?.({ id: facts.requestId, tenant: facts.tenant })
      if (editToken !== null) return { next: editForm(request, facts, editToken), request }
      const over = request ? whyOver('rejected', request) : null
      return { next: over === null ? null : notPossible(over), request }
    } catch (error) {
      report(error)
      // A rejection is judged when the form is sent.
      if (editToken === null) return { next: null }
      return { next: notPossible('The request could not be looked up. Try again.') }
    }
  }

  function editForm(
    request: ApprovalRequest | null | undefined,
    facts: CardFacts,
    token: string,
  ): View {
    if (!request) return notPossible('This request does not exist (any more).')
    const why = whyOver('edited', request) ?? whyNotEdit(request, facts)
    if (why !== null) return notPossible(why)
    const form = createEditForm({ request, token, schema: options.schemaOf?.(request) })
    return form ?? notPossible('None of this can be edited in Slack. Use the console.')
  }
}

interface FollowUp {
  readonly next: View | null
  readonly request?: ApprovalRequest | null
}

const notPossible = (text: string): View => createNotice('Not possible', text)

function whyOver(what: 'edited' | 'rejected', { status }: ApprovalRequest): string | null {
  return status === 'pending' ? null : `This can no longer be ${what}: it is ${status}.`
}

function whyNotEdit(request: ApprovalRequest, { revision, viewHash }: CardFacts): string | null {
  if (request.revision !== revision || request.viewHash !== viewHash)
    return 'This was edited after your card was made. Look at the newest card.'
  if (!request.policy.allow?.includes('edit') || request.evidence === null)
    return 'The policy of this step does not allow edits.'
  return null
}
