import type { ApprovalRequest, DecisionResult } from '@loop-engine/client'
import { quorumOf } from '@loop-engine/core'

import { spellOut } from '../show/unseen.ts'
import type { Action } from './decisions.ts'

export interface Outcome {
  readonly variant: 'success' | 'info' | 'warning'
  readonly title: string
}

/** Whether the request waits no longer, or not for this person, who decided so. */
export function settles(result: DecisionResult, kind: Action['kind']): boolean {
  if (result.status === 'recorded') return isApproval(kind)
  return result.request.status !== 'pending'
}

function isApproval(kind: Action['kind']): boolean {
  return kind === 'approve' || kind === 'edit'
}

/** What became of a decision, in words. Every click gets an answer. */
export function outcomeOf(result: DecisionResult, kind: Action['kind']): Outcome {
  const { variant, title } = answerTo(result, kind)
  // Names are what people call themselves, and the answer is a sentence around them.
  return { variant, title: spellOut(title) }
}

function answerTo(result: DecisionResult, kind: Action['kind']): Outcome {
  const { request } = result
  const { from, to, id } = request.view.transition
  switch (result.status) {
    case 'executed':
      return { variant: 'success', title: `Approved: ${id}, ${from} → ${to}.` }
    case 'rejected':
      return { variant: 'success', title: `Rejected: ${id} does not run.` }
    case 'blocked':
      return {
        variant: 'warning',
        title: 'Approved, but a guard no longer passes: nothing ran.',
      }
    case 'recorded':
      return { variant: 'info', title: recorded(request, kind) }
    case 'refused':
      return { variant: 'warning', title: refusalsOf(request)[result.reason] }
  }
}

function recorded(request: ApprovalRequest, kind: Action['kind']): string {
  if (!isApproval(kind)) return 'Recorded. The request still waits.'
  const { given, needed } = quorumOf(request)
  const missing = needed - given
  return `Recorded. ${missing} more ${missing === 1 ? 'approval is' : 'approvals are'} needed.`
}

type Refusal = (DecisionResult & { status: 'refused' })['reason']

const refusalsOf = (request: ApprovalRequest): Readonly<Record<Refusal, string>> => ({
  already_decided: `Not counted: ${endOf(request)}`,
  expired: 'Not counted: the request expired before.',
  superseded: 'Not counted: the run moved on, the request no longer stands.',
  stale_revision: 'Not counted: somebody edited the request. Look at it again.',
  view_changed: 'Not counted: what waits is not what you saw. Look at it again.',
  not_a_person: 'Not counted: only people decide.',
  identity_not_verified: 'Not counted: the server does not know well enough who you are.',
  requester_cannot_decide: 'Not counted: who asks cannot approve it, nor for whom it is.',
  not_entitled: 'Not counted: the policy does not name you.',
  already_voted: 'Not counted again: you have decided already, or somebody in your place.',
  not_allowed: 'Not counted: the policy does not allow this.',
  assurance_too_low: 'Not counted: this decision needs a stronger login than yours.',
  stopped: 'Not counted: a stop is in force.',
  limit_reached: 'Not counted: a limit would be overrun.',
})

/** How a request ended, and by whom. */
export function endOf({ status, decisions }: ApprovalRequest): string {
  const last = decisions.at(-1)?.reviewer
  const by = last ? ` by ${last.displayName ?? last.id}` : ''
  switch (status) {
    case 'approved':
      return `it was approved${by}.`
    case 'rejected':
      return `it was rejected${by}.`
    case 'expired':
      return 'it was not decided in time.'
    case 'superseded':
      return 'the run moved on without it.'
    case 'cancelled':
      return 'it was taken back.'
    case 'pending':
      return 'it still waits.'
  }
}
