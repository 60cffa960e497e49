import type { ApprovalRequest, Clock } from '@loop-engine/core'
import type { Decide } from '@loop-engine/core/decision-page'

import type { CardFacts } from '../card/card-token.ts'
import { answerText, deadCard, failureText, strangerText } from './answer-text.ts'
import type { People, Sender } from './people.ts'

/** What a person wants to decide, read from an authenticated event. */
export interface Intention {
  readonly sender: Sender
  readonly facts: CardFacts
  readonly decision: 'approve' | 'reject' | 'edit'
  readonly reason?: string
  readonly edits?: Record<string, unknown>
  /** The ids that prove the event. */
  readonly proof: Readonly<Record<string, string>>
  readonly deliveryId: string
}

export interface Judged {
  /** The answer to the person, in mrkdwn. */
  readonly say: string
  readonly isTaken: boolean
  readonly request?: ApprovalRequest
}

export interface DecidingOptions {
  readonly people: People
  readonly decide: Decide
  readonly clock: Clock
  readonly report: (problem: unknown) => void
}

/** Identifies the person, hands the decision to the engine, and turns the outcome into an answer. */
export function createDeciding({ people, decide, clock, report }: DecidingOptions) {
  return async (intention: Intention): Promise<Judged> => {
    const { sender, facts, decision, reason, edits, proof, deliveryId } = intention
    const who = await people.identify(sender)
    if ('stranger' in who) return { say: strangerText(who.stranger), isTaken: false }
    try {
      const answer = await decide({
        tenant: facts.tenant,
        requestId: facts.requestId,
        revision: facts.revision,
        viewHash: facts.viewHash,
        decision,
        ...(reason && { reason }),
        ...(edits && { edits }),
        reviewer: { type: 'human', id: who.principal },
        assurance: {
          method: 'slack',
          issuer: who.issuer,
          subject: sender.user.id,
          at: clock.now(),
        },
        proof: { ...proof },
        idempotencyKey: deliveryId,
      })
      return {
        say: answerText(decision, answer),
        isTaken: ['recorded', 'executed', 'rejected'].includes(answer.status),
        request: answer.request,
      }
    } catch (error) {
      report(error)
      return { say: failureText(error), isTaken: false }
    }
  }
}

export const dead: Judged = { say: deadCard, isTaken: false }
