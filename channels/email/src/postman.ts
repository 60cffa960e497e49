import { isLoopError, LoopError, sha256Hex, type ApprovalRequest } from '@loop-engine/core'
import { createTransport, type Transporter } from 'nodemailer'

import { checkAddress } from './mail-people.ts'
import type { MailText } from './mail-text.ts'
import type { EmailOptions, Recipient } from './options.ts'

interface Envelope {
  readonly to: Recipient
  /** What the mail is, in parts that are the same on every delivery: the Message-ID is made of them. */
  readonly identity: readonly string[]
  /** The thread that it belongs to, made the same way. */
  readonly thread: readonly string[]
  readonly requestId: string
  readonly revision: number
}

export interface Postman {
  /**
   * Sends one mail to one person; the same identity once in this process, and with one Message-ID ever. Throws what
   * `isOfOneMailbox` knows when this mailbox will never take it, and a retryable error for what may pass.
   */
  send(mail: MailText, envelope: Envelope, signal?: AbortSignal): Promise<void>
}

/** Of a mail about a request: all of them are one thread. */
export function envelopeOf(
  { tenant, id, revision }: ApprovalRequest,
  to: Recipient,
  identity: readonly string[],
): Envelope {
  const thread = ['request', tenant, id]
  return { to, thread, identity: [...thread, ...identity], requestId: id, revision }
}

const mostRemembered = 1000

export function createPostman({
  transport,
  from,
}: Pick<EmailOptions, 'transport' | 'from'>): Postman {
  const sender = checkAddress(from)
  const domain = sender.slice(sender.lastIndexOf('@') + 1)
  const transporter = isTransporter(transport)
    ? transport
    : // Links are credentials: they leave encrypted, or the application says otherwise in so many words.
      createTransport({
        requireTLS: true,
        connectionTimeout: 10_000,
        greetingTimeout: 10_000,
        socketTimeout: 30_000,
        ...transport,
      })
  const sent = new Set<string>()
  const idOf = (parts: readonly string[]): string =>
    `<${sha256Hex(JSON.stringify(parts)).slice(0, 40)}@${domain}>`

  return {
    async send(mail, { to, identity, thread, requestId, revision }, signal) {
      const messageId = idOf([...identity, to.id])
      if (sent.has(messageId)) return
      const address = checkAddress(to.address, to.id)
      const root = idOf([...thread, to.id])
      try {
        await transporter.sendMail({
          ...mail,
          from: sender,
          to: address,
          messageId,
          ...(root !== messageId && { inReplyTo: root, references: [root] }),
          headers: {
            'Auto-Submitted': 'auto-generated',
            'X-Auto-Response-Suppress': 'All',
            'X-Loop-Request': `${encodeURIComponent(requestId)}; revision=${revision}`,
          },
          disableFileAccess: true,
          disableUrlAccess: true,
          ...(signal && { signal }),
        })
      } catch (error) {
        throw faultOf(error, to.id)
      }
      sent.add(messageId)
      const [oldest] = sent
      if (sent.size > mostRemembered && oldest !== undefined) sent.delete(oldest)
    },
  }
}

function isTransporter(transport: EmailOptions['transport']): transport is Transporter {
  return 'sendMail' in transport && typeof transport.sendMail === 'function'
}

/** Whether it says that one mailbox will never take its mail; those of others may be taken. */
export function isOfOneMailbox(error: unknown): boolean {
  return isLoopError(error) && error.details?.['recipient'] !== undefined
}

/** What a server answers may quote the mail or its addresses, so that only its numbers are kept. */
function faultOf(error: unknown, recipient: string): LoopError {
  const code = codeOf(error)
  const reply = replyOf(error)
  // RFC 5321: 5yz to RCPT, or to the mail itself.
  const isRefused = reply >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE')
  const known = {
    plugin: 'email',
    details: {
      ...(isRefused && { recipient }),
      ...(code && { code }),
      ...(reply && { reply }),
    },
  }
  if (code === 'EAUTH' || code === 'ENOAUTH' || code === 'EOAUTH2')
    return new LoopError('auth', 'The mail server does not accept the account.', known)
  if (code === 'EABORT' || (error instanceof Error && error.name === 'AbortError'))
    return new LoopError('aborted', 'Sending a mail was aborted.', { ...known, retryable: true })
  if (isRefused && code === 'EENVELOPE')
    return new LoopError('not_found', 'The mail server takes no mail for a mailbox.', known)
  return new LoopError('unavailable', 'A mail could not be sent.', {
    ...known,
    retryable: reply < 500,
    hint: 'See the mail server and its log.',
  })
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined
}

function replyOf(error: unknown): number {
  return error instanceof Error && 'responseCode' in error && typeof error.responseCode === 'number'
    ? error.responseCode
    : 0
}
