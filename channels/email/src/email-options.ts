import type { ApprovalRequest } from '@loop-engine/core'
import type { DecisionPageOptions, PageSecret } from '@loop-engine/core/decision-page'
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
  'find' | 'decide' | 'stepUp' | 'stepUpFrom' | 'loginUrl' | 'codeMinutes' | 'onError' | 'now'
> {
  /** Of the channel, `email` by default; change it only before anything waits. */
  readonly name?: string
  /** A nodemailer transporter, or SMTP options; made from options it insists on TLS. */
  readonly transport: Transporter | SMTPTransportOptions
  /** Who writes, such as `loops@example.com`. Its domain ends the ids of the mails. */
  readonly from: string
  readonly recipients: FindRecipients
  /** Seals links and makes codes: at least 32 bytes; several while they are being changed, newest first. */
  readonly linkKey: PageSecret
  /** Where the page is served, such as `https://loops.example/decide`. */
  readonly publicUrl: string
}
