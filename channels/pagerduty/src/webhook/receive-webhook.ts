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

/** PagerDuty drops what is larger than 256 KB itself. */
const mostBytes = 1_000_000

/**
 * The inbound side. 401 for a bad signature, 202 for everything authentic that was dealt with, also if it is about
 * nothing that is known here: after three answers of 4xx PagerDuty stops sending for a day.
 *
 * 503 only while something is away that has to be asked before a decision can be taken. PagerDuty then delivers again,
 * for up to 48 hours: to say 202 would be to lose what somebody decided.
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
  // Whoever is told may fail as well, and PagerDuty waits for an answer.
  const tell = quiet(onError)

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

  /** Never rejects, so that a late end harms nothing. */
  async function statusOf(event: WebhookEvent, signal: AbortSignal): Promise<number> {
    try {
      await work(event, signal)
      return 202
    } catch (error) {
      tell(error)
      return isFinal(error) ? 202 : 503
    }
  }

  async function inTime(event: WebhookEvent): Promise<number> {
    const working = new AbortController()
    const waiting = new AbortController()
    const late = clock.sleep(answerWithinMs, waiting.signal).then(() => 503)
    const status = await Promise.race([statusOf(event, working.signal), late])
    // Whichever is still going on is wanted no more; a decision that is under way is kept by its idempotency key.
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
