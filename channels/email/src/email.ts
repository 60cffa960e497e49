import { createHash } from 'node:crypto'

import {
  LoopError,
  type ApprovalRequest,
  type Channel,
  type ChannelContext,
  type MessageRef,
} from '@loop-engine/core'
import { createDecisionPage, type DecisionPage } from '@loop-engine/core/decision-page'

import type { EmailOptions, Recipient } from './email-options.ts'
import { readRef, type EmailRef } from './email-ref.ts'
import { peopleOf, peopleWith } from './mail-people.ts'
import { askMail, codeMail, outcomeMail, receiptMail, type MailText } from './mail-text.ts'
import { createPostman, type Envelope } from './postman.ts'

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
  const { name = 'email', recipients, publicUrl, linkKey } = options
  const postman = createPostman(options)
  const page = createDecisionPage({
    ...options,
    name,
    url: publicUrl,
    secret: linkKey,
    async sendCode(input) {
      const { request } = input
      const to = (await peopleOf(request, recipients)).find(({ id }) => id === input.recipient)
      // Who is not asked, or no longer, learns so from the decision; a code would help him nothing.
      if (!to) return
      // Asking again brings another code, and another mail.
      await postman.send(await codeMail(input), about(request, to, ['code', input.code]))
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
      return refOf(request, before, people)
    },
    async update(ref, request, _view, context) {
      const before = readRef(ref)
      if (request.status !== 'pending') {
        const involved = await peopleWith(before?.involved ?? [], request, recipients)
        await sendAll(involved, (to) => outcome(request, to, context))
        return
      }
      const people = await peopleOf(request, recipients)
      // An edit, a delegation or the next stage asks people who hold no link for what is asked now.
      const isNew = before?.revision !== request.revision
      const owed = people.filter(
        ({ id }) => (isNew || !before.asked.includes(id)) && !hasDecided(request, id),
      )
      await ask(request, owed, context)
      await receipts(request, before?.decisions ?? 0, people, context)
      return refOf(request, before, people)
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
    await sendAll(people, async (to) => {
      // Every delivery of one notice brings the same single use, and every notice one of its own.
      const id = hashOf(['link', idempotencyKey, to.id])
      const { tenant, revision, expiresAt } = request
      const link = await page.linkFor(
        { id, tenant, requestId: request.id, revision, recipient: to.id },
        expiresAt,
      )
      const isReminder = before?.revision === revision && before.asked.includes(to.id)
      // The first mail is the root of its thread.
      const identity = before ? ['ask', idempotencyKey] : []
      return post(await askMail(request, link, isReminder), request, to, identity, signal)
    })
  }

  async function outcome(
    request: ApprovalRequest,
    to: Recipient,
    { signal, idempotencyKey }: ChannelContext,
  ): Promise<boolean> {
    return post(await outcomeMail(request), request, to, ['outcome', idempotencyKey], signal)
  }

  async function receipts(
    request: ApprovalRequest,
    heard: number,
    people: readonly Recipient[],
    { signal }: ChannelContext,
  ): Promise<void> {
    // An approval that counts no longer leaves the list, so that the newest may be where an older one was.
    const { decisions } = request
    for (const decision of decisions.slice(Math.min(heard, decisions.length - 1))) {
      const to = people.find(({ id }) => id === decision.reviewer.id)
      if (!to) continue
      const identity = ['receipt', `${decision.at}`]
      await post(await receiptMail(request, decision), request, to, identity, signal)
    }
  }

  function post(
    mail: MailText,
    request: ApprovalRequest,
    to: Recipient,
    identity: readonly string[],
    signal: AbortSignal,
  ): Promise<boolean> {
    return postman.send(mail, about(request, to, identity), signal)
  }
}

/** Sends to a few people at a time. One mailbox that is gone keeps nobody else from being asked; all gone is a fault. */
async function sendAll(
  people: readonly Recipient[],
  send: (to: Recipient) => Promise<boolean>,
): Promise<void> {
  const results: PromiseSettledResult<boolean>[] = []
  for (let start = 0; start < people.length; start += atOnce)
    results.push(...(await Promise.allSettled(people.slice(start, start + atOnce).map(send))))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
  const arrived = results.some((result) => result.status === 'fulfilled' && result.value)
  if (results.length > 0 && !arrived) throw nobodyToAsk()
}

const atOnce = 5

function about(request: ApprovalRequest, to: Recipient, identity: readonly string[]): Envelope {
  const thread = ['request', request.tenant, request.id]
  return {
    to,
    thread,
    identity: [...thread, ...identity],
    requestId: request.id,
    revision: request.revision,
  }
}

function refOf(
  { revision, decisions }: ApprovalRequest,
  before: EmailRef | null,
  people: readonly Recipient[],
): EmailRef {
  const asked = people.map(({ id }) => id)
  const involved = [...new Set([...(before?.involved ?? []), ...asked])]
  return { revision, asked, involved, decisions: decisions.length }
}

function hasDecided({ decisions, revision }: ApprovalRequest, id: string): boolean {
  return decisions.some(
    (one) => one.reviewer.id === id && one.revision === revision && one.decision !== 'respond',
  )
}

function hashOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

function nobodyToAsk(): LoopError {
  return new LoopError('not_found', 'No reviewer of the request has a mailbox.', {
    plugin: 'email',
    hint: 'Let `recipients` return somebody for each role, group and person of the policy.',
  })
}
