import { actorTypes } from '@loop-engine/core'
import type { HistoryItem } from '@loop-engine/sdk'
import { z } from 'zod'

import { failedGuardsOf, failedGuardsSchema } from './failed-guards.ts'
import { timeOf, timeSchema, untrustedShape } from './schemas.ts'
import { untrusted } from './untrusted.ts'

const actorShape = z.object({
  type: z.enum(actorTypes),
  id: z.string(),
  onBehalfOf: z.string().optional().describe('For whom it acted, nearest first.'),
})

export const entryShape = {
  seq: z.int(),
  type: z.string(),
  at: timeSchema,
  actor: actorShape,
  transitionId: z.string().optional(),
  fromState: z.string().optional(),
  toState: z.string().optional(),
  failedGuards: failedGuardsSchema.optional(),
  approvalId: z.string().optional(),
  effect: z.string().optional().describe('integration.action'),
  hash: z.string(),
  ...untrustedShape,
}

/** One entry of the record, as clients see it. */
export function shownEntry({
  entry,
  hash,
  evidence,
}: HistoryItem): z.infer<z.ZodObject<typeof entryShape>> {
  const { seq, type, at, actor, transitionId, fromState, toState, approval, effect, reason } = entry
  const failedGuards = failedGuardsOf(entry.guards)
  return {
    seq,
    type,
    at: timeOf(at),
    actor: {
      type: actor.type,
      id: actor.id,
      ...(actor.onBehalfOf && { onBehalfOf: chainOf(actor.onBehalfOf) }),
    },
    ...(transitionId !== undefined && { transitionId }),
    ...(fromState !== undefined && { fromState }),
    ...(toState !== undefined && { toState }),
    ...(failedGuards && { failedGuards }),
    ...(approval && { approvalId: approval.id }),
    ...(effect && { effect: `${effect.integration}.${effect.action}` }),
    hash,
    ...untrusted({ reason, evidence }),
  }
}

function chainOf(principal: NonNullable<HistoryItem['entry']['actor']['onBehalfOf']>): string {
  const names: string[] = []
  for (let next: typeof principal | undefined = principal; next; next = next.onBehalfOf)
    names.push(`${next.type}:${next.id}`)
  return names.join(' for ')
}
