import { html } from 'hono/html'

import type { ApprovalRequest, ApprovalView } from '../../model/approval.ts'
import { spellOut } from '../../spell-out.ts'
import { contextOf, effectOf, evidenceOf, type ViewFact } from './view-facts.ts'
import { cut, timeText } from './view-text.ts'

/** Markup in which every value was escaped; hono's `html` makes it. */
export type Markup = ReturnType<typeof html>

export interface ViewHtmlOptions {
  /** Longer values are cut, and say so, for mails, which cannot fold. Without it, as on the page, long values are folded. */
  readonly maxValueLength?: number
}

const foldAt = 240

/** A view as HTML: typed values as data, never as markup. */
export function renderViewHtml(
  request: ApprovalRequest,
  view: ApprovalView,
  { maxValueLength }: ViewHtmlOptions = {},
): Markup {
  const row = ({ label, text, fromModel }: ViewFact): Markup =>
    html`<dt>${label}${fromModel ? html` <span class="model">written by a model</span>` : ''}</dt>
      <dd>${maxValueLength === undefined ? folded(text) : block(cut(text, maxValueLength))}</dd>`
  const effect = effectOf(view)
  const waits = request.status === 'pending'
  return html`<h1>${spellOut(view.title)}</h1>
    ${view.warnings.map(
      (warning) => html`<p class="warning"><strong>Warning:</strong> ${spellOut(warning)}</p>`,
    )}
    <h2>${waits ? 'What is asked' : 'What was asked'}</h2>
    <dl>
      ${contextOf(request, view).map(row)}
      ${waits ? row({ label: 'Expires', text: timeText(view.expiresAt), fromModel: false }) : ''}
    </dl>
    <h2>Evidence</h2>
    <dl>${evidenceOf(view).map(row)}</dl>
    ${
      effect
        ? html`<h2>${waits ? 'What will run' : 'What was to run'}</h2>
            <dl>${row(effect)}</dl>`
        : html`<p>Nothing runs outside: the transition changes the state alone.</p>`
    }`
}

function folded(text: string): Markup {
  const characters = Array.from(text).length
  if (characters <= foldAt && text.split('\n').length <= 8) return block(text)
  const start = Array.from(text.replaceAll(/\s+/g, ' ')).slice(0, 80).join('')
  return html`<details>
    <summary>${characters} characters, open to read all: <bdi>${start}</bdi> …</summary>
    ${block(text)}
  </details>`
}

/** `bdi` keeps text that is written from right to left from moving the text around it. */
function block(text: string): Markup {
  return html`<pre><bdi>${text}</bdi></pre>`
}
