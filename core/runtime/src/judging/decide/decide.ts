import type {
  ApprovalRequest,
  EntryDraft,
  InstanceStatus,
  LoopInstance,
  Reservation,
  Transition,
} from '@loop-engine/core'

import { admit } from './admit.ts'
import { approversOf } from './approvers-of.ts'
import { attemptDraft } from './attempt-draft.ts'
import type { LoopIndex } from './loop-index.ts'
import type { Order, Ruling, TransitionCommand, TransitionFacts } from './ruling.ts'

const nothing: readonly never[] = Object.freeze([])

/**
 * Judges one attempt: executes, asks for approval, or refuses, always with exactly one entry. This is the only place where a
 * transition is judged, and it is pure: no clock, no I/O, no randomness, no Node module. Time, hashes and the verdicts of
 * guards come in as facts.
 */
export function decide(
  loop: LoopIndex,
  instance: LoopInstance,
  command: TransitionCommand,
  facts: TransitionFacts,
): Ruling {
  const { transition, refusal = facts.refusal } = admit(loop, instance, command)
  if (refusal || !transition) {
    return {
      status: 'rejected',
      transition,
      reason: refusal?.reason,
      message: refusal?.message,
      draft: attemptDraft(instance, command, facts, transition, {
        type: 'loop.transition.rejected',
        reason: refusal?.reason,
        message: refusal?.message,
      }),
      orders: nothing,
    }
  }
  if (facts.blockedBy) {
    const reason = facts.blockedBy.id
    return {
      status: 'guard_failed',
      transition,
      reason,
      draft: attemptDraft(instance, command, facts, transition, {
        type: 'loop.transition.blocked',
        reason,
      }),
      orders: nothing,
    }
  }
  if (facts.request) return askForApproval(instance, command, facts, transition, facts.request)
  return execute(loop, instance, command, facts, transition)
}

function askForApproval(
  instance: LoopInstance,
  command: TransitionCommand,
  facts: TransitionFacts,
  transition: Transition,
  request: ApprovalRequest,
): Ruling {
  return {
    status: 'pending_approval',
    transition,
    draft: attemptDraft(instance, command, facts, transition, {
      type: 'loop.approval.requested',
      actionDigest: request.actionDigest,
      approval: {
        id: request.id,
        revision: request.revision,
        viewHash: request.viewHash,
        policyDigest: facts.policyDigest,
        expiresAt: request.expiresAt,
      },
    }),
    orders: nothing,
  }
}

function execute(
  loop: LoopIndex,
  instance: LoopInstance,
  command: TransitionCommand,
  facts: TransitionFacts,
  transition: Transition,
): Ruling {
  const target = loop.states.get(transition.to)
  const status: InstanceStatus | undefined = target?.terminal
    ? target.error
      ? 'failed'
      : 'completed'
    : undefined
  const orders: Order[] = []
  let effect: EntryDraft['effect']
  if (transition.effect && facts.effect) {
    effect = {
      id: `${instance.runId}:${instance.version + 1}:effect`,
      integration: transition.effect.integration,
      action: transition.effect.action,
      semantics: transition.effect.semantics,
      inputDigest: facts.effect.inputDigest,
    }
    orders.push({ kind: 'effect', effect, input: facts.effect.input })
  }
  if (loop.states.get(transition.from)?.timeout) {
    orders.push({ kind: 'cancel-timeout', stateVersion: instance.stateVersion })
  }
  if (target?.timeout)
    orders.push({
      kind: 'state-timeout',
      transition: target.timeout.transition,
      after: target.timeout.after,
    })
  const { approved } = facts
  return {
    status: 'executed',
    transition,
    draft: attemptDraft(instance, command, facts, transition, {
      type: 'loop.transition.executed',
      toState: transition.to,
      status,
      actionDigest: facts.actionDigest,
      effect,
      counters: facts.reservations?.length ? facts.reservations.map(countedBy) : undefined,
      receiptExpiresAt: facts.at + facts.receiptTtlMs,
      approval: approved && {
        id: approved.id,
        revision: approved.revision,
        viewHash: approved.viewHash,
        ...approversOf(approved),
      },
    }),
    orders,
  }
}

/** Copies the known fields: a guard may have put more into its reservation. */
function countedBy({ key, bucket, amount, limit, expiresAt }: Reservation): Reservation {
  return { key, bucket, amount, limit, ...(expiresAt !== undefined && { expiresAt }) }
}
