import { html } from 'hono/html'

import { systemClock } from '../contracts/clock.ts'
import type { ApprovalRequest } from '../model/approval.ts'
import { quiet } from '../quiet.ts'
import { createDecisionSteps } from './decision-steps.ts'
import { notice, textPage, wholePage } from './page-answers.ts'
import { decisionForms, signIn } from './page-forms.ts'
import { checkOptions, type DecisionPageOptions } from './page-options.ts'
import { readForm } from './read-form.ts'
import { mayApprove, stepOf } from './step-up.ts'
import { createDecisionLinks, type DecisionLink } from './tokens/decision-link.ts'
import { outcomeText } from './view/outcome-text.ts'
import { hasDecided } from './view/view-facts.ts'
import { renderViewHtml } from './view/view-html.ts'

export interface DecisionPage {
  /** The address of a link. It holds until the request expires, for the revision that is named. */
  linkFor(link: DecisionLink, expiresAt: number): Promise<string>
  /** GET and HEAD show, POST decides; every answer is a page. Never throws. */
  handle(request: Request): Promise<Response>
}

/**
 * The page on which people decide without an account: what will happen, as data, and two forms. It works without
 * scripts, cookies and other hosts. A link preview or a mail scanner that opens it decides nothing.
 */
export function createDecisionPage(options: DecisionPageOptions): DecisionPage {
  const { publicUrl, secrets, getApproval, clock = systemClock } = options
  checkOptions(options)
  const links = createDecisionLinks({ secrets, clock })
  const action = new URL(publicUrl).pathname
  // The listener may fail too, and the visitor must get an answer all the same.
  const onError = quiet(options.onError)
  const steps = createDecisionSteps({ ...options, clock, onError }, { links, show, action })

  return {
    async linkFor(link, expiresAt) {
      const address = new URL(publicUrl)
      address.searchParams.set('link', await links.seal(link, expiresAt))
      return address.href
    },
    async handle(request) {
      try {
        const answer = await route(request)
        if (request.method !== 'HEAD') return answer
        return new Response(null, { status: answer.status, headers: answer.headers })
      } catch (error) {
        // No decision was handed over yet: `hand` in decision-steps.ts answers for its own failures.
        onError(error)
        return notice('busy')
      }
    },
  }

  async function route(request: Request): Promise<Response> {
    if (request.method === 'GET' || request.method === 'HEAD') return open(request)
    if (request.method !== 'POST') return notice('notForThis')
    const form = await readForm(request)
    if (!form) return notice('unreadable')
    if (form.challenge !== undefined) return steps.confirm(form)
    return steps.decide(form)
  }

  async function open(request: Request): Promise<Response> {
    const token = new URL(request.url).searchParams.get('link')
    if (token === null) return notice('noLink')
    const opened = await links.open(token)
    if (opened.status !== 'open') return notice(opened.status)
    const { tenant, requestId } = opened.content
    const about = await getApproval({ tenant, id: requestId })
    if (!about) return notice('gone')
    return show(opened.content, token, about)
  }

  /** What is asked and the forms; or why there is nothing to decide with this link. */
  function show(
    link: DecisionLink,
    token: string,
    request: ApprovalRequest,
    problem?: string,
  ): Promise<Response> {
    const view = renderViewHtml(request, request.view)
    const status = problem === undefined ? 200 : 422
    const { title } = request.view
    if (request.status !== 'pending')
      return textPage({ status: 200, ...outcomeText(request), more: view })
    if (link.revision !== request.revision) return notice('stale')
    if (hasDecided(request, link.recipient))
      return textPage({
        status: 200,
        title: 'You have decided',
        text: `Your decision is on record. ${outcomeText(request).text}`,
        more: view,
      })
    const step = stepOf(options, link, request)
    const loginUrl = options.loginUrl?.(request)
    const decision =
      step === 'login-url'
        ? html`<h2>Your decision</h2>
            <p>For a decision of this risk you have to sign in.</p>
            ${signIn(loginUrl)}`
        : decisionForms({
            action,
            link: token,
            request,
            asksWho: link.recipient === undefined,
            sendsCode: step === 'code',
            mayApprove: mayApprove(request),
            ...(loginUrl !== undefined && { loginUrl }),
            ...(problem !== undefined && { problem }),
          })
    return wholePage({ status, title, main: html`${view}${decision}` })
  }
}
