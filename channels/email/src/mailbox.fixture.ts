import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer } from 'smtp-server'

interface Mail extends Email {
  readonly raw: string
  /** The mailbox to which the mail was addressed. */
  readonly recipient: string
}

/** A mail server on this machine, and the mailboxes that it fills. */
export interface Mailboxes {
  readonly port: number
  readonly mails: readonly Mail[]
  /** While true, every mail is refused for the moment (451). */
  isDown: boolean
  /** Mailboxes that do not exist (550). */
  readonly gone: Set<string>
  /** The mails of one person, oldest first. */
  of(address: string): readonly Mail[]
  clear(): void
  close(): Promise<void>
}

export async function createMailboxes(): Promise<Mailboxes> {
  const mails: Mail[] = []
  const gone = new Set<string>()
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo({ address }, _session, callback) {
      if (boxes.isDown) return callback(refusal(451))
      return callback(gone.has(address) ? refusal(550) : null)
    },
    onData(stream, session, callback) {
      const recipient = session.envelope.rcptTo[0]?.address ?? ''
      buffer(stream)
        .then(async (raw) => {
          const mail = await PostalMime.parse(raw)
          mails.push({ ...mail, raw: raw.toString('latin1'), recipient })
          callback()
        })
        .catch((error: unknown) => callback(error as Error))
    },
  })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const boxes: Mailboxes = {
    port: (server.server.address() as AddressInfo).port,
    mails,
    gone,
    isDown: false,
    clear: () => void mails.splice(0),
    of: (address) => mails.filter(({ recipient }) => recipient === address),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
      }),
  }
  return boxes
}

function refusal(responseCode: number): Error {
  return Object.assign(new Error('not now'), { responseCode })
}
