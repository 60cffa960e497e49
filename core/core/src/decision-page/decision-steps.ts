import { createHash } from 'node:crypto'

import { isLoopError } from '../errors.ts'
import type { JsonObject } from '../json/json.ts'
import type { ApprovalRequest } from '../model/approval.ts'
import { spellOut } from '../spell-out.ts'
import { createAttemptLimit } from './attempt-limit.ts'
import { answerText, type DecisionAnswer } from './decision-answer.ts'
import { notice, textPage, wholePage } from './page-answers.ts'
import { codeForm, minutesText, type CodeFormInput } from './page-forms.ts'
import type { DecisionPageOptions } from './page-options.ts'
import type { PageForm } from './read-form.ts'
import { stepOf } from './step-up.ts'
import type { DecisionChallenge, DecisionLink, DecisionLinks } from './tokens/decision-link.ts'
import { createOneTimeCodes } from './tokens/one-time-code.ts'
import { hasDecided } from './view/view-facts.ts'

interface DecisionSteps {
  /** The first form: decides, or sends a code. */
  decide(form: PageForm): Promise<Response>
  /** The second form: the code. */
  confirm(form: PageForm): Promise<Response>
}

interface StepParts {
  readonly links: DecisionLinks
  /** Shows what is asked again, with a problem. */
  readonly show: (
    link: DecisionLink,
    token: string,
    request: ApprovalRequest,
    problem?: string,
  ) => Promise<Response>
  readonly action: string
}

const nobody = ''

/**
 * Handles the posted forms. A form proves no more than that its sender holds the link: no cookie is read, so no other site
 * can post a form in the name of somebody who is signed in.
 */
export function createDecisionSteps(
  options: DecisionPageOptions & Required<Pick<DecisionPageOptions, 'clock' | 'onError'>>,
  { links, show, action }: StepParts,
): DecisionSteps {
  const {
    name,
    secrets,
    getApproval,
    decide,
    sendCode,
    identify,
    codeTtlMs = 600_000,
    clock,
  } = options
  const codes = createOneTimeCodes({ secrets, purpose: 'page' })
  // A code has 40 bits, so guessing fails even without these limits; they keep mailboxes quiet.
  const sendings = createAttemptLimit({ most: 5, windowMs: codeTtlMs, clock })
  const guesses = createAttemptLimit({ most: 10, windowMs: codeTtlMs, clock })

  return {
    async decide({ link: token, decision, view, reason, confirm, address }) {
      if (token === undefined || decision === undefined || view === undefined)
        return notice('unreadable')
      const opened = await links.open(token)
      if (opened.status !== 'open') return notice(opened.status)
      const link = opened.content
      const request = await getApproval({ tenant: link.tenant, id: link.requestId })
      if (!request) return notice('gone')
      const again = (problem: string): Promise<Response> => show(link, token, request, problem)
      if (decision === 'approve' && confirm === undefined)
        return again('Confirm that you have read what will run, then approve.')
      if (decision === 'reject' && !reason) return again('Say why you reject.')

      const base = { ...link, decision, viewHash: view, ...(reason && { reason }) }
      const step = stepOf(options, link, request)
      if (step === 'login-url') return again('Sign in to decide.')
      if (step === 'none' && link.recipient !== undefined)
        return hand({ ...base, recipient: link.recipient, at: clock.now() }, 'link')
      // No code is sent for a request that can no longer be decided.
      const isOver = request.status !== 'pending' || link.revision !== request.revision
      if (isOver || hasDecided(request, link.recipient)) return show(link, token, request)
      const recipient = link.recipient ?? (await identify?.(address ?? '', request)) ?? nobody
      return ask({ ...base, recipient, at: clock.now() }, request)
    },

    async confirm({ challenge: token = '', code = '' }) {
      const opened = await links.openChallenge(token)
      if (opened.status === 'expired') return notice('codeExpired')
      if (opened.status !== 'open') return notice('invalid')
      const challenge = opened.content
      if (!guesses.permits(challenge.id)) return tooMany()
      const isRight = codes.matches(code, contentOf(challenge))
      if (isRight && challenge.recipient !== nobody) return hand(challenge, 'code')
      const request = await getApproval({ tenant: challenge.tenant, id: challenge.requestId })
      return askForCode(403, {
        challenge: token,
        decision: challenge.decision,
        title: spellOut(request?.view.title ?? challenge.requestId),
        ttlMs: challenge.at + codeTtlMs - clock.now(),
        problem: 'That is not the code. Nothing was decided.',
      })
    },
  }

  async function ask(challenge: DecisionChallenge, request: ApprovalRequest): Promise<Response> {
    if (!sendings.permits(challenge.id)) return tooMany()
    const { decision, recipient } = challenge
    // Somebody who is no reviewer sees the same page, so that the page does not reveal who reviews.
    if (recipient !== nobody) {
      try {
        const code = codes.codeFor(contentOf(challenge))
        await sendCode?.({ recipient, code, decision, request, ttlMs: codeTtlMs })
      } catch (error) {
        options.onError(error)
        return notice('busy')
      }
    }
    return askForCode(200, {
      challenge: await links.sealChallenge(challenge, clock.now() + codeTtlMs),
      decision,
      title: spellOut(request.view.title),
      ttlMs: codeTtlMs,
    })
  }

  function tooMany(): Promise<Response> {
    const text = `Nothing was decided. Wait ${minutesText(codeTtlMs)} and open the link again.`
    return textPage({ status: 429, title: 'Too many attempts', text })
  }

  function askForCode(status: number, about: Omit<CodeFormInput, 'action'>): Promise<Response> {
    const main = codeForm({ ...about, action })
    return wholePage({ status, title: 'One more step', main })
  }

  async function hand(challenge: DecisionChallenge, proved: 'link' | 'code'): Promise<Response> {
    const { id, tenant, requestId, revision, recipient, decision, viewHash, reason } = challenge
    // One person with one link makes one decision, however often the form is sent.
    const key = createHash('sha256').update(`${id}\n${recipient}`).digest('hex')
    try {
      const answer = await decide({
        tenant,
        requestId,
        revision,
        viewHash,
        decision,
        ...(reason !== undefined && { reason }),
        reviewer: { type: 'human', id: recipient },
        assurance: {
          method: 'signed-link',
          issuer: new URL(options.publicUrl).origin,
          subject: recipient,
          at: clock.now(),
        },
        proof: { channel: name, link: key, step: proved },
        idempotencyKey: key,
      })
      return await textPage({ status: statusOf(answer), ...answerText(answer) })
    } catch (error) {
      const code = isLoopError(error) ? error.code : undefined
      if (code === 'key_mismatch') return notice('used')
      if (code === 'not_found') return notice('gone')
      if (code === 'stopped')
        return textPage({
          status: 409,
          ...answerText({ status: 'refused', reason: 'stopped' }),
        })
      options.onError(error)
      // Nobody knows yet whether the decision was taken, so the page must not say that it was not.
      const isUnknown = code === 'unknown_outcome' || code === 'timeout'
      return notice(isLoopError(error) && error.retryable && !isUnknown ? 'busy' : 'failed')
    }
  }
}

/** What a code confirms: this decision of this person, now, about what was shown, and nothing else. */
function contentOf({ reason: _, ...content }: DecisionChallenge): JsonObject {
  return content
}

function statusOf({ status, reason }: DecisionAnswer): number {
  if (status === 'blocked') return 409
  if (status !== 'refused') return 200
  if (reason === 'expired') return 410
  return reason?.startsWith('not_') || reason === 'requester_cannot_decide' ? 403 : 409
}
