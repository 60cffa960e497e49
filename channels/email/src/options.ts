import { LoopError, refuseStrayKeys, type ApprovalRequest, type KnownKeys } from '@loop-engine/core'
import type { DecisionPageOptions } from '@loop-engine/core/decision-page'
import type { SMTPTransportOptions, Transporter } from 'nodemailer'

/** A person and where his mail goes. */
export interface Recipient {
  /** As the directory of the system knows him: the `id` of the actor that decides. */
  readonly id: string
  readonly address: string
}

/**
 * Who a reviewer of a policy is: `alice`, `role:finance`, `group:ops` or `*`. Nobody for one that has no mailbox.
 * It is asked again whenever a mail is due, so that who has left gets none.
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
  /** Of the channel, `email` by default; change it only before anything waits. */
  readonly name?: string
  /** A nodemailer transporter, or SMTP options; made from options it insists on TLS. */
  readonly transport: Transporter | SMTPTransportOptions
  /** Who writes, such as `loops@example.com`. Its domain ends the ids of the mails. */
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

/** Throws `invalid_config` for what would be ignored, or fail at the first mail; the page checks what it takes. */
export function checkOptions(options: EmailOptions): void {
  refuseStrayKeys(options, optionKeys, { what: 'createEmailChannel', code: 'invalid_config' })
  const { transport, recipients } = options
  if (Object(transport) !== transport)
    throw wrong('/transport', 'Give SMTP options, or what createTransport of nodemailer returns.')
  if (typeof recipients !== 'function')
    throw wrong('/recipients', 'Give a function from a reviewer of a policy to people.')
}

function wrong(path: string, hint: string): LoopError {
  const message = 'createEmailChannel cannot work with an option.'
  return new LoopError('invalid_config', message, { plugin: 'email', path, hint })
}
