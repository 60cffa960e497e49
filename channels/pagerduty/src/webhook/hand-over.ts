import { isLoopError, type DecisionIntake } from '@loop-engine/core'
import type { DecisionAnswer } from '@loop-engine/core/decision-page'

import type { ShownRevision } from '../incident/incident-reference.ts'
import { noteFaults, type Stranger } from '../incident/outcome-text.ts'
import type { PagerDutyOptions } from '../options.ts'
import type { Responders } from './responders.ts'
import type { WebhookAgent } from './webhook-event.ts'

/** An action in an incident that is meant as a decision. */
interface Deed extends Pick<DecisionIntake, 'decision' | 'reason' | 'proof' | 'idempotencyKey'> {
  readonly about: ShownRevision
  readonly event: {
    readonly agent?: WebhookAgent
    readonly incidentId: string
    readonly at: number
  }
}

type HandedOver =
  | { readonly stranger: Stranger }
  /** The engine's answer, or a sentence for an error with which it refuses. */
  | { readonly person: string; readonly answer: DecisionAnswer | string }

/** Throws on an outage; the delivery has to come again then. */
export type HandOver = (deed: Deed, signal: AbortSignal) => Promise<HandedOver>

/** Identifies the person and hands the decision to the engine. */
export function createHandOver({
  responders,
  decide,
}: {
  readonly responders: Responders
  readonly decide: PagerDutyOptions['decide']
}): HandOver {
  return async ({ about, event: { agent, incidentId, at }, ...decision }, signal) => {
    const identified = await responders.identify(agent, incidentId, signal)
    if ('stranger' in identified) return identified
    // Only these fields: the engine refuses fields that it does not know.
    const { tenant, requestId, revision, viewHash } = about
    const answer = await settle(() =>
      decide({
        tenant,
        requestId,
        revision,
        viewHash,
        ...decision,
        reviewer: { type: 'human', id: identified.principal },
        assurance: {
          method: 'pagerduty',
          ...(agent?.account && { issuer: agent.account }),
          ...(agent && { subject: agent.id }),
          at,
        },
      }),
    )
    return { person: identified.principal, answer }
  }
}

async function settle(decide: () => Promise<DecisionAnswer>): Promise<DecisionAnswer | string> {
  try {
    return await decide()
  } catch (error) {
    if (!isLoopError(error) || error.retryable) throw error
    if (error.code === 'key_mismatch') return noteFaults.judgedBefore
    if (error.code === 'not_found') return noteFaults.unknownRequest
    if (error.code === 'invalid_input') return noteFaults.unreadable
    throw error
  }
}
