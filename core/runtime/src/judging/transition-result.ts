import {
  receiptOf,
  type LoopInstance,
  type StoredEntry,
  type TransitionResult,
} from '@loop-engine/core'

import { type Judgement } from './attempt.ts'
import type { Refusal, TransitionCommand } from './decide/ruling.ts'

/** The public answer of a judgement that was committed. */
export function resultOf(
  { ruling, guards, request }: Judgement,
  entry: StoredEntry,
  after: LoopInstance,
  command: TransitionCommand,
): TransitionResult {
  const { draft } = ruling
  const common = {
    aggregateId: after.aggregateId,
    runId: after.runId,
    transitionId: ruling.transition?.id ?? command.transitionId,
    guards,
    instance: after,
  }
  switch (ruling.status) {
    case 'executed':
      return {
        ...common,
        status: 'executed',
        fromState: draft.fromState ?? '',
        toState: draft.toState ?? '',
        receipt: receiptOf(entry, draft),
      }
    case 'pending_approval':
      return {
        ...common,
        status: 'pending_approval',
        approvalId: request?.id ?? '',
        expiresAt: request?.expiresAt ?? 0,
      }
    case 'guard_failed':
      return { ...common, status: 'guard_failed', reason: ruling.reason ?? 'guard' }
    case 'rejected':
      return {
        ...common,
        status: 'rejected',
        reason: (ruling.reason ?? 'unknown_transition') as Refusal['reason'],
        message: ruling.message ?? '',
      }
  }
}
