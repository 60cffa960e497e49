import type { GuardInput } from '@loop-engine/core'

import type { ExpressionContext } from './expressions.ts'

/** What expressions see of an attempt. Of its run they see nothing that another commit could change without moving it. */
export function expressionContext({
  evidence,
  actor,
  instance,
  transition,
}: Pick<GuardInput, 'evidence' | 'actor' | 'instance' | 'transition'>): ExpressionContext {
  const { tenant, loopId, aggregateId, currentState, metadata, tags } = instance
  return {
    evidence,
    actor,
    instance: { tenant, loopId, aggregateId, currentState, metadata, tags },
    transition: { id: transition.id },
  }
}
