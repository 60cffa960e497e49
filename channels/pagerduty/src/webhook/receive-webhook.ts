import { quiet, readBytes, type Clock } from '@loop-engine/core'

import type { PagerDutyCalls } from '../api/pagerduty-calls.ts'
import { isFinal } from '../api/pagerduty-error.ts'
import type { IncidentReferences } from '../incident/incident-reference.ts'
import type { PagerDutyOptions } from '../options.ts'
import type { NoteEvent } from './judge-note.ts'
import type { ResolutionEvent } from './judge-resolution.ts'
import { readWebhookEvent, type WebhookEvent } from './webhook-event.ts'
import { isSigned } from './webhook-signature.ts'

export interface ReceiverParts extends Pick<
  PagerDutyOptions,
  'webhookSecrets' | 'onSeen' | 'answerWithinMs' | 'onError'
> {
  readonly clock: Clock
  readonly calls: Pick<PagerDutyCalls, 'alerts'>
  readonly references: Pick<IncidentReferences, 'find'>
  readonly judgeNote: (event: NoteEvent, signal: AbortSignal) => Promise<void>
  readonly judgeResolution: (event: ResolutionEvent, signal: AbortSignal) => Promise<void>
}

/** PagerDuty itself sends at most 256 KB. */
const mostBytes = 1_000_000

/**
 * The inbound side. Answers 401 for a bad signature, and 202 for every authentic delivery that was handled, even if it
 * concerns nothing of this channel: after three answers of 4xx PagerDuty stops sending for a day.
 *
 * Answers 503 only if a service is unavailable that is needed to take a decision. PagerDuty then delivers again for up to 48
 * hours; an answer of 202 would lose the decision.
 */
export function createReceiver({
  webhookSecrets,
  onSeen,
  answerWithinMs = 4500,
  onError,
  clock,
  calls,
  references,
  judgeNote,
  judgeResolution,
}: ReceiverParts): (request: Request) => Promise<Response> {
  // `onError` itself may throw, and PagerDuty waits for an answer.
  const report = quiet(onError)

  async function work(event: WebhookEvent, signal: AbortSignal): Promise<void> {
    switch (event.kind) {
      case 'note':
        return judgeNote(event, signal)
      case 'resolved':
        return judgeResolution(event, signal)
      case 'acknowledged': {
        if (!onSeen) return undefined
        const { incidentId, agent, at } = event
        for (const reference of references.find(await calls.alerts(incidentId, signal))) {
          const { tenant, requestId, revision } = reference
          await onSeen({ tenant, requestId, revision, ...(agent && { userId: agent.id }), at })
        }
        return undefined
      }
      case 'other':
        return undefined
    }
  }

  /** Never rejects, because nobody may be waiting for it any more. */
  async function statusOf(event: WebhookEvent, signal: AbortSignal): Promise<number> {
    try {
      await work(event, signal)
      return 202
    } catch (error) {
      report(error)
      return isFinal(error) ? 202 : 503
    }
  }

  async function inTime(event: WebhookEvent): Promise<number> {
    const working = new AbortController()
    const waiting = new AbortController()
    const late = clock.sleep(answerWithinMs, waiting.signal).then(() => 503)
    const status = await Promise.race([statusOf(event, working.signal), late])
    // Ends whichever of the two is still going on. A decision under way is found again by its idempotency key.
    working.abort()
    waiting.abort()
    return status
  }

  return async (request) => {
    if (request.method !== 'POST') return answer(405, { allow: 'POST' })
    const bytes = await readBytes(request, mostBytes)
    if (!bytes) return answer(413)
    if (!isSigned(request.headers.get('x-pagerduty-signature'), bytes, webhookSecrets))
      return answer(401)
    const event = readWebhookEvent(bytes)
    return answer(event ? await inTime(event) : 202)
  }
}

function answer(status: number, headers: Record<string, string> = {}): Response {
  return new Response(null, { status, headers: { 'cache-control': 'no-store', ...headers } })
}
