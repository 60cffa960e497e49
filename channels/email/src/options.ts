import { LoopError, refuseStrayKeys, type ApprovalRequest, type KnownKeys } from '@loop-engine/core'
import type { DecisionPageOptions } from '@loop-engine/core/decision-page'
import type { SMTPTransportOptions, Transporter } from 'nodemailer'

/** A person and the address for their mail. */
export interface Recipient {
  /** The id of the person as the actor who decides, as in the directory of the system. */
  readonly id: string
  readonly address: string
}

/**
 * Returns the people behind a reviewer of a policy, such as `alice`, `role:finance`, `group:ops` or `*`; an empty list if
 * there is no mailbox. Called again for every mail, so that people who have left get none.
 */
export type FindRecipients = (
  reviewer: string,
  request: ApprovalRequest,
) => readonly Recipient[] | Promise<readonly Recipient[]>

export interface EmailOptions extends Pick<
  DecisionPageOptions,
  | 'secrets'
  | 'publicUrl'
  | 'getApproval'
  | 'decide'
  | 'stepUp'
  | 'stepUpFrom'
  | 'loginUrl'
  | 'codeTtlMs'
  | 'onError'
  | 'clock'
> {
  /** The name of the channel, `email` by default. Change it only while no request waits. */
  readonly name?: string
  /** A nodemailer transporter, or SMTP options, with which TLS is required unless `requireTLS` is false. */
  readonly transport: Transporter | SMTPTransportOptions
  /** The sender, such as `loops@example.com`. Its domain is used in the Message-IDs. */
  readonly from: string
  readonly recipients: FindRecipients
}

const optionKeys: KnownKeys<EmailOptions> = {
  name: true,
  transport: true,
  from: true,
  recipients: true,
  secrets: true,
  publicUrl: true,
  getApproval: true,
  decide: true,
  stepUp: true,
  stepUpFrom: true,
  loginUrl: true,
  codeTtlMs: true,
  onError: true,
  clock: true,
}

/** Throws `invalid_config` for an option that would be ignored or would fail at the first mail. The page checks its own. */
export function checkOptions(options: EmailOptions): void {
  refuseStrayKeys(options, optionKeys, { what: 'createEmailChannel', code: 'invalid_config' })
  const { transport, recipients } = options
  if (Object(transport) !== transport)
    throw wrong('/transport', 'Give SMTP options, or what createTransport of nodemailer returns.')
  if (typeof recipients !== 'function')
    throw wrong('/recipients', 'Give a function from a reviewer of a policy to people.')
}

function wrong(path: string, hint: string): LoopError {
  const message = 'createEmailChannel was given an option that it cannot use.'
  return new LoopError('invalid_config', message, { plugin: 'email', path, hint })
}
