import { spellOut, type ApprovalDecision, type ApprovalRequest } from '@loop-engine/core'
import {
  cut,
  minutesText,
  outcomeText,
  renderViewHtml,
  renderViewText,
  timeText,
  type Markup,
  type SendCodeInput,
} from '@loop-engine/core/decision-page'
import { html, raw } from 'hono/html'

/** A mail without its envelope. */
export interface MailText {
  readonly subject: string
  readonly text: string
  readonly html: string
}

const maxValueLength = 600

/** The mail that asks one person for a decision, with a personal link. */
export async function askMail(
  request: ApprovalRequest,
  link: string,
  isReminder: boolean,
): Promise<MailText> {
  const { view } = request
  const { risk } = view.transition
  const until = timeText(request.expiresAt)
  const rules = `The link is for you only, can be used for one decision, and is good until ${until}. Do not forward it. Opening it decides nothing.`
  return {
    subject: subjectOf(
      `${isReminder ? 'Reminder: ' : ''}Decision needed${risk ? ` (${risk} risk)` : ''}`,
      request,
    ),
    text: [
      'You are asked for a decision. Look at it and decide here:',
      link,
      rules,
      '',
      renderViewText(request, view, { maxValueLength }),
    ].join('\n'),
    html: await letter(
      html`<p>You are asked for a decision.</p>
        <p>
          <a href="${link}"><strong>Look at it and decide</strong></a>
        </p>
        <p>${rules}</p>
        ${renderViewHtml(request, view, { maxValueLength })}`,
    ),
  }
}

/** The mail that tells how a request ended. */
export async function outcomeMail(request: ApprovalRequest): Promise<MailText> {
  const { title, text } = outcomeText(request)
  return note(request, title, [text, 'Links in earlier mails about it no longer decide anything.'])
}

/** The receipt for a decision. A person in whose name somebody else decided learns of it from this mail. */
export async function receiptMail(
  request: ApprovalRequest,
  { decision, at }: ApprovalDecision,
): Promise<MailText> {
  return note(request, 'Your decision is on record', [
    `Decision: ${decision}, at ${timeText(at)}.`,
    outcomeText(request).text,
    'If this was not you, tell your administrator at once.',
  ])
}

/** The mail with a code. It says what the code confirms, so that nobody can be talked into giving it away for another use. */
export async function codeMail({
  request,
  code,
  decision,
  ttlMs,
}: SendCodeInput): Promise<MailText> {
  return note(request, `Code to ${decision}`, [
    `Code: ${code}`,
    `It confirms your decision to ${decision}, nothing else, and is good for ${minutesText(ttlMs)}.`,
    'If you did not just ask for this code, somebody else has your link. Do not type the code or give it to anybody, and tell your administrator.',
  ])
}

async function note(
  request: ApprovalRequest,
  title: string,
  lines: readonly string[],
): Promise<MailText> {
  const about = spellOut(request.view.title)
  return {
    subject: subjectOf(title, request),
    text: [about, '', ...lines].join('\n'),
    html: await letter(
      html`<h1>${title}</h1>
        <p><bdi>${about}</bdi></p>
        ${lines.map((line) => html`<p>${line}</p>`)}`,
    ),
  }
}

/** The subject on one line, in which every character of the title is visible. */
function subjectOf(what: string, { view }: ApprovalRequest): string {
  return `${what}: ${cut(spellOut(view.title), 120)}`
}

const style =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;overflow-wrap:anywhere}.model{border:1px solid;border-radius:1rem;padding:0 .5rem;font-size:.8rem;font-weight:400}pre{font:inherit;white-space:pre-wrap;margin:0;border-left:.2rem solid;padding-left:.75rem}dt{font-weight:600}dd{margin:0 0 .5rem}'

async function letter(body: Markup): Promise<string> {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Loop Engine</title>
        ${raw(`<style>${style}</style>`)}
      </head>
      <body>
        ${body}
      </body>
    </html>`
  return String(await page)
}
