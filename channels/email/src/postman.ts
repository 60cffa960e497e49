import { isLoopError, LoopError, sha256Hex, type ApprovalRequest } from '@loop-engine/core'
import { createTransport, type Transporter } from 'nodemailer'

import { checkAddress } from './mail-people.ts'
import type { MailText } from './mail-text.ts'
import type { EmailOptions, Recipient } from './options.ts'

interface Envelope {
  readonly to: Recipient
  /** What identifies the mail, the same on every delivery. The Message-ID is derived from it. */
  readonly identity: readonly string[]
  /** What identifies the thread of the mail. */
  readonly thread: readonly string[]
  readonly requestId: string
  readonly revision: number
}

export interface Postman {
  /**
   * Sends one mail to one person. A mail with the same identity is sent once in this process, and always has the same
   * Message-ID. Throws an error that `isOfOneMailbox` recognises if this mailbox refuses mail for good, and a retryable error
   * if the failure may pass.
   */
  send(mail: MailText, envelope: Envelope, signal?: AbortSignal): Promise<void>
}

/** The envelope of a mail about a request. All mails about one request are one thread. */
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
    : // Links are credentials, so they are sent over TLS unless the application explicitly turns it off.
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

/** Whether the error means that one mailbox refuses mail for good; mail to others may still be accepted. */
export function isOfOneMailbox(error: unknown): boolean {
  return isLoopError(error) && error.details?.['recipient'] !== undefined
}

/** A LoopError for a failed mail. It keeps only the codes of the server's answer, which may quote the mail or addresses. */
function faultOf(error: unknown, recipient: string): LoopError {
  const code = codeOf(error)
  const reply = replyOf(error)
  // RFC 5321: a 5yz reply to RCPT, or to the mail itself, is final.
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
    return new LoopError('auth', 'The mail server refused the login.', known)
  if (code === 'EABORT' || (error instanceof Error && error.name === 'AbortError'))
    return new LoopError('aborted', 'Sending a mail was aborted.', { ...known, retryable: true })
  if (isRefused && code === 'EENVELOPE')
    return new LoopError('not_found', 'The mail server accepts no mail for a mailbox.', known)
  return new LoopError('unavailable', 'A mail could not be sent.', {
    ...known,
    retryable: reply < 500,
    hint: 'Check the mail server and its log.',
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
