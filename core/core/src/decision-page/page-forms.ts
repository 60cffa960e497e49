import { html } from 'hono/html'

import type { ApprovalRequest } from '../model/approval.ts'
import type { Markup } from './view/view-html.ts'

interface DecisionFormsInput {
  /** Where forms are posted to: the page's path, without the link. */
  readonly action: string
  readonly link: string
  readonly request: ApprovalRequest
  /** A link without a recipient asks who decides. */
  readonly asksWho: boolean
  /** False if the request asks for a stronger proof of identity than the page can give; rejecting stays possible. */
  readonly mayApprove: boolean
  /** Where a stronger proof is given. */
  readonly loginUrl?: string
  /** A code will be sent before anything is decided. */
  readonly sendsCode: boolean
  /** Why the form is shown again. */
  readonly problem?: string
}

/** Two forms, to approve and to reject: each asks only for what it needs. Approving takes an explicit confirmation. */
export function decisionForms({
  action,
  link,
  request,
  asksWho,
  sendsCode,
  mayApprove,
  loginUrl,
  problem,
}: DecisionFormsInput): Markup {
  const hidden = (decision: string): Markup =>
    html`<input type="hidden" name="link" value="${link}" />
      <input type="hidden" name="view" value="${request.viewHash}" />
      <input type="hidden" name="decision" value="${decision}" />
      ${
        asksWho
          ? html`<label>
              Your e-mail address, as your administrator knows it
              <input type="email" name="address" required autocomplete="email" />
            </label>`
          : ''
      }`
  const approveForm = (): Markup =>
    html`<form method="post" action="${action}">
      <fieldset>
        <legend>Approve</legend>
        ${hidden('approve')}
        <label>
          <input type="checkbox" name="confirm" value="yes" required />I have read what will run,
          and it may
        </label>
        <label
          >Reason (optional) <textarea name="reason" rows="2" maxlength="2000"></textarea>
        </label>
        <button type="submit">Approve</button>
      </fieldset>
    </form>`
  return html`<h2>Your decision</h2>
    ${problem ? html`<p class="notice" role="alert">${problem}</p>` : ''}
    ${sendsCode ? html`<p>A one-time code is sent to your address before anything is decided.</p>` : ''}
    ${
      mayApprove
        ? approveForm()
        : html`<p class="notice">
              To approve this you have to sign in: its rule asks for a stronger proof of who you
              are.
            </p>
            ${signIn(loginUrl)}`
    }
    <form method="post" action="${action}">
      <fieldset>
        <legend>Reject</legend>
        ${hidden('reject')}
        <label>
          Reason (shown to who asked)
          <textarea name="reason" rows="2" maxlength="2000" required></textarea>
        </label>
        <button type="submit">Reject</button>
      </fieldset>
    </form>
    <footer>
      <p>
        Opening this page decided nothing. What you decide is bound to what you see:
        <code>${request.viewHash.slice(0, 16)}</code>.
      </p>
    </footer>`
}

export interface CodeFormInput {
  readonly action: string
  readonly challenge: string
  readonly decision: string
  readonly title: string
  readonly ttlMs: number
  readonly problem?: string
}

/** `1 minute`, `10 minutes`; rounded down. */
export function minutesText(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 1) return 'less than a minute'
  return `${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`
}

/** Asks for the code that was sent to the one who decides. */
export function codeForm({
  action,
  challenge,
  decision,
  title,
  ttlMs,
  problem,
}: CodeFormInput): Markup {
  return html`<h1>One more step</h1>
    ${problem ? html`<p class="notice" role="alert">${problem}</p>` : ''}
    <p>
      Nothing is decided yet. If you are one of the reviewers, a code is on its way to your address.
      It is good for ${minutesText(ttlMs)}, and only to
      <strong>${decision}</strong> this:
    </p>
    <p><bdi>${title}</bdi></p>
    <form method="post" action="${action}">
      <input type="hidden" name="challenge" value="${challenge}" />
      <label>
        Code
        <input
          type="text"
          name="code"
          required
          autocomplete="one-time-code"
          autocapitalize="characters"
          spellcheck="false"
          maxlength="16"
        />
      </label>
      <button type="submit">Confirm: ${decision}</button>
    </form>`
}

/** The way to where people sign in, if there is one. */
export function signIn(loginUrl: string | undefined): Markup {
  return html`${loginUrl ? html`<p><a href="${loginUrl}">Sign in and decide</a></p>` : ''}`
}
