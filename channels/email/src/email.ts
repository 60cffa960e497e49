import {
  LoopError,
  quiet,
  sha256Hex,
  type ApprovalRequest,
  type Channel,
  type ChannelContext,
  type MessageRef,
} from '@loop-engine/core'
import { createDecisionPage, hasDecided, type DecisionPage } from '@loop-engine/core/decision-page'

import { nameOf, readRef, refOf } from './email-ref.ts'
import { peopleOf, peopleWith } from './mail-people.ts'
import { askMail, codeMail, outcomeMail, receiptMail, type MailText } from './mail-text.ts'
import { checkOptions, type EmailOptions, type Recipient } from './options.ts'
import { createPostman, envelopeOf, isOfOneMailbox } from './postman.ts'

export interface EmailChannel extends Channel {
  notify(
    request: ApprovalRequest,
    view: ApprovalRequest['view'],
    context: ChannelContext,
  ): Promise<MessageRef>
  handle: DecisionPage['handle']
  /**
   * A link for a place that several people read, such as an incident. Everybody who opens it sees the request; to decide, a
   * person needs a code, which is sent to the address of a reviewer.
   */
  sharedLink(request: ApprovalRequest): Promise<string>
}

/** Makes a channel that asks each reviewer by a separate mail, with a personal link to a page on which to decide. */
export function createEmailChannel(options: EmailOptions): EmailChannel {
  checkOptions(options)
  const { name = 'email', transport, from, recipients, ...pageOptions } = options
  const onError = quiet(options.onError)
  const postman = createPostman({ transport, from })
  const page = createDecisionPage({
    ...pageOptions,
    name,
    async sendCode(input) {
      const { request } = input
      const to = (await peopleOf(request, recipients)).find(({ id }) => id === input.recipient)
      // A person who is not asked, or no longer, would be refused anyway, and gets no code.
      if (!to) return
      // Asking again makes another code, and so another mail.
      const sent = post(await codeMail(input), request, to, ['code', input.code])
      await sent.catch(reportMailbox)
    },
    async identify(address, request) {
      const wanted = address.toLowerCase()
      const people = await peopleOf(request, recipients)
      return people.find((one) => one.address.toLowerCase() === wanted)?.id ?? null
    },
  })

  return {
    contract: 'channel/v1',
    name,
    handle: page.handle,
    async notify(request, _view, context) {
      const before = readRef(request.messages[name])
      const people = await peopleOf(request, recipients)
      const owed = people.filter(({ id }) => !hasDecided(request, id))
      if (people.length === 0) throw nobodyToAsk()
      await ask(request, owed, context)
      return refOf(request, before, people, before?.told ?? [])
    },
    async update(ref, request, _view, context) {
      const before = readRef(ref)
      if (request.status !== 'pending') {
        const involved = await peopleWith(before?.involved ?? [], request, recipients)
        const identity = ['outcome', context.idempotencyKey]
        await sendAll(involved, async (to) =>
          post(await outcomeMail(request), request, to, identity, context.signal),
        )
        return
      }
      const people = await peopleOf(request, recipients)
      // After an edit or a delegation, and at the next stage, people are asked who have no link for the current revision, or who
      // abstained at an earlier stage.
      const isNew = before?.revision !== request.revision
      const isOwed = (id: string): boolean =>
        isNew ||
        !before.asked.includes(id) ||
        (request.stage > before.stage && hasSpoken(request, id))
      const owed = people.filter(({ id }) => isOwed(id) && !hasDecided(request, id))
      await ask(request, owed, context)
      await receipts(request, before?.told ?? [], context)
      return refOf(request, before, people, request.decisions.map(nameOf))
    },
    sharedLink: (request) =>
      page.linkFor(
        {
          id: hashOf(['shared', request.tenant, request.id, `${request.revision}`]),
          tenant: request.tenant,
          requestId: request.id,
          revision: request.revision,
        },
        request.expiresAt,
      ),
  }

  async function ask(
    request: ApprovalRequest,
    people: readonly Recipient[],
    { signal, idempotencyKey }: ChannelContext,
  ): Promise<void> {
    const before = readRef(request.messages[name])
    const isSame = before?.revision === request.revision && before.stage === request.stage
    await sendAll(people, async (to) => {
      // The same id at every delivery of one notice, so that the link works once; another id for every other notice.
      const id = hashOf(['link', idempotencyKey, to.id])
      const { tenant, id: requestId, revision, expiresAt } = request
      const content = { id, tenant, requestId, revision, recipient: to.id }
      const link = await page.linkFor(content, expiresAt)
      const isReminder = isSame && before.asked.includes(to.id)
      // The first mail begins the thread.
      const identity = before ? ['ask', idempotencyKey] : []
      return post(await askMail(request, link, isReminder), request, to, identity, signal)
    })
  }

  async function receipts(
    request: ApprovalRequest,
    told: readonly string[],
    { signal }: ChannelContext,
  ): Promise<void> {
    const fresh = request.decisions.filter((decision) => !told.includes(nameOf(decision)))
    // Of every stage, because a vote may have completed its stage.
    const deciders = fresh.map(({ reviewer }) => reviewer.id)
    const people = await peopleWith(deciders, request, recipients)
    for (const decision of fresh) {
      const to = people.find(({ id }) => id === decision.reviewer.id)
      const identity = ['receipt', nameOf(decision)]
      if (!to) continue
      const sent = post(await receiptMail(request, decision), request, to, identity, signal)
      await sent.catch(reportMailbox)
    }
  }

  /**
   * Sends to a few people at a time. A mailbox that refuses mail for good does not keep the others from being asked. Throws
   * if all mailboxes refuse, or for any other failure.
   */
  async function sendAll(
    people: readonly Recipient[],
    send: (to: Recipient) => Promise<void>,
  ): Promise<void> {
    const results: PromiseSettledResult<void>[] = []
    for (let start = 0; start < people.length; start += atOnce)
      results.push(...(await Promise.allSettled(people.slice(start, start + atOnce).map(send))))
    const faults: unknown[] = results.flatMap((one) =>
      one.status === 'rejected' ? [one.reason] : [],
    )
    const failed = faults.filter((fault) => !isOfOneMailbox(fault))
    if (failed.length > 0) throw failed[0]
    if (faults.length > 0 && faults.length === people.length) throw faults[0]
    faults.forEach(reportMailbox)
  }

  function post(
    mail: MailText,
    request: ApprovalRequest,
    to: Recipient,
    identity: readonly string[],
    signal?: AbortSignal,
  ): Promise<void> {
    return postman.send(mail, envelopeOf(request, to, identity), signal)
  }

  function reportMailbox(error: unknown): void {
    if (!isOfOneMailbox(error)) throw error
    // `onError` itself may throw, which must not fail the notice.
    onError(error)
  }
}

const atOnce = 5

function hasSpoken({ decisions, revision }: ApprovalRequest, id: string): boolean {
  return decisions.some((one) => one.reviewer.id === id && one.revision === revision)
}

function hashOf(parts: readonly string[]): string {
  return sha256Hex(JSON.stringify(parts))
}

function nobodyToAsk(): LoopError {
  return new LoopError('not_found', 'No reviewer of the request has a mailbox.', {
    plugin: 'email',
    hint: 'Let `recipients` return at least one person for a role, group or person that the policy names.',
  })
}
