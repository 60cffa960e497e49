import { sha256Hex, type ApprovalRequest, type Clock } from '@loop-engine/core'

import type { PagerDutyCalls } from '../api/pagerduty-calls.ts'
import { say } from '../incident/conversation.ts'
import type { IncidentReference, IncidentReferences } from '../incident/incident-reference.ts'
import { answerText, pagedAgainText, resolvedText, strangers } from '../incident/outcome-text.ts'
import { plainText } from '../incident/visible-text.ts'
import type { PagerDutyOptions } from '../options.ts'
import { isOutOfTime } from './delivery-time.ts'
import type { HandOver } from './hand-over.ts'
import type { WebhookEvent } from './webhook-event.ts'

export type ResolutionEvent = Extract<WebhookEvent, { kind: 'resolved' }>

export interface ResolutionJudgeParts extends Pick<
  PagerDutyOptions,
  'getApproval' | 'onIncidentResolved'
> {
  readonly calls: PagerDutyCalls
  readonly references: IncidentReferences
  readonly handOver: HandOver
  readonly onResolve: 'ignore' | 'reject' | 'retrigger'
  /** Opens the incident of a request again. */
  readonly trigger: (request: ApprovalRequest, signal: AbortSignal) => Promise<void>
  readonly clock: Clock
}

/** Refusals that mean that nothing was left to decide, for instance after the channel itself resolved the incident. */
const over = ['already_decided', 'expired', 'superseded', 'stale_revision']

/** Handles an incident that was resolved without a decision. It never approves. */
export function createResolutionJudge(
  parts: ResolutionJudgeParts,
): (event: ResolutionEvent, signal: AbortSignal) => Promise<void> {
  const { calls, references, handOver, onResolve, getApproval } = parts

  return async (event, signal) => {
    // The alerts of a merged incident continue in another incident.
    if (event.isMerge || isOutOfTime(event.at, parts.clock.now())) return
    const { incidentId } = event
    const found = references.find(await calls.alerts(incidentId, signal))
    if (found.length === 0) {
      await parts.onIncidentResolved?.({ id: incidentId, at: event.at })
      return
    }
    for (const reference of found) {
      const text = await follow(event, reference, signal)
      if (text === null) continue
      const tag = sha256Hex(`${event.id} ${reference.requestId}`).slice(0, 12)
      await say(calls, { incidentId, tag, text }, signal)
    }
  }

  /** The note to write in the incident; null for none. */
  async function follow(
    event: ResolutionEvent,
    reference: IncidentReference,
    signal: AbortSignal,
  ): Promise<string | null> {
    const { tenant, requestId, revision } = reference
    const request = await getApproval?.({ tenant, id: requestId })
    const isOver = request && (request.status !== 'pending' || request.revision !== revision)
    if (isOver || request === null) return null
    if (onResolve === 'retrigger' && request) {
      await parts.trigger(request, signal)
      return pagedAgainText
    }
    // Resolved by an integration, such as this channel, or by a time-out, and so by no person.
    if (!event.agent?.isPerson) return null
    return onResolve === 'reject' ? reject(event, reference, signal) : resolvedText
  }

  async function reject(
    event: ResolutionEvent,
    about: IncidentReference,
    signal: AbortSignal,
  ): Promise<string | null> {
    const deed = {
      about,
      event,
      decision: 'reject',
      reason: 'Resolved in PagerDuty without a decision.',
      proof: { event: event.id, incident: event.incidentId },
      idempotencyKey: `resolved:${event.id}`,
    } as const
    const result = await handOver(deed, signal)
    if ('stranger' in result) return `${resolvedText} ${strangers[result.stranger]}`
    const { person, answer } = result
    if (typeof answer === 'string') return answer
    if (answer.status === 'refused' && over.includes(answer.reason ?? '')) return null
    return `${plainText(person, 256)}, reject: ${answerText(answer)}`
  }
}
