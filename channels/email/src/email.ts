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
   * A link to the page for a place where several people read, such as an incident: whoever opens it sees what is asked,
   * and decides after a code that is sent to the address of a reviewer.
   */
  sharedLink(request: ApprovalRequest): Promise<string>
}

/** Asks each reviewer by a mail of his own, with a link to a page on which he decides. */
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
      // Who is not asked, or no longer, learns so from the decision; a code would help him nothing.
      if (!to) return
      // Asking again brings another code, and another mail.
      const sent = post(await codeMail(input), request, to, ['code', input.code])
      await sent.catch(tellOfMailbox)
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
      // An edit, a delegation or the next stage asks people who hold no link for what is asked now, or abstained before.
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
      // Every delivery of one notice brings the same single use, and every notice one of its own.
      const id = hashOf(['link', idempotencyKey, to.id])
      const { tenant, id: requestId, revision, expiresAt } = request
      const content = { id, tenant, requestId, revision, recipient: to.id }
      const link = await page.linkFor(content, expiresAt)
      const isReminder = isSame && before.asked.includes(to.id)
      // The first mail is the root of its thread.
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
    // Of every stage, for a vote may have completed its own.
    const deciders = fresh.map(({ reviewer }) => reviewer.id)
    const people = await peopleWith(deciders, request, recipients)
    for (const decision of fresh) {
      const to = people.find(({ id }) => id === decision.reviewer.id)
      const identity = ['receipt', nameOf(decision)]
      if (!to) continue
      const sent = post(await receiptMail(request, decision), request, to, identity, signal)
      await sent.catch(tellOfMailbox)
    }
  }

  /** Sends to a few people at a time. What one mailbox never takes keeps nobody else from being asked; all is a fault. */
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
    faults.forEach(tellOfMailbox)
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

  function tellOfMailbox(error: unknown): void {
    if (!isOfOneMailbox(error)) throw error
    // Whoever is told may fail as well, and the others have their mail all the same.
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
    hint: 'Let `recipients` return somebody for each role, group and person of the policy.',
  })
}
