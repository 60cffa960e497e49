import { instanceStatuses, type LoopInstance } from '@loop-engine/core'
import { z } from 'zod'

import { timeOf, timeSchema, untrustedShape } from './schemas.ts'
import { untrusted } from './untrusted.ts'

export const runShape = {
  aggregateId: z.string(),
  loopId: z.string(),
  runId: z.string(),
  state: z.string(),
  status: z.enum(instanceStatuses),
  version: z.int().describe('The seq of the newest entry of its history.'),
  openApprovals: z.int(),
  startedAt: timeSchema,
  updatedAt: timeSchema,
  ...untrustedShape,
}

export function shownRun({
  aggregateId,
  loopId,
  runId,
  currentState,
  status,
  version,
  openApprovals,
  createdAt,
  updatedAt,
  metadata,
  tags,
}: LoopInstance): z.infer<z.ZodObject<typeof runShape>> {
  return {
    aggregateId,
    loopId,
    runId,
    state: currentState,
    status,
    version,
    openApprovals,
    startedAt: timeOf(createdAt),
    updatedAt: timeOf(updatedAt),
    ...untrusted({ metadata, tags }),
  }
}
