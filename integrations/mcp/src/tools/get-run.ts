import { z } from 'zod'

import { runShape, shownRun } from '../run-shape.ts'
import { aggregateIdSchema, timeOf, timeSchema } from '../schemas.ts'
import { runOf } from '../session.ts'
import { defineTool } from '../tool.ts'

export const getRun = defineTool({
  name: 'get_run',
  title: 'Read the state of a run',
  description: 'Where a run stands, and which approvals it waits for.',
  input: z.strictObject({ aggregateId: aggregateIdSchema }),
  output: z.object({
    ...runShape,
    waitingFor: z
      .array(z.object({ approvalId: z.string(), transitionId: z.string(), expiresAt: timeSchema }))
      .describe('At most 20.'),
  }),
  async run({ aggregateId }, session) {
    const run = await runOf(session, aggregateId)
    const { items } = await session.approvals.find({
      tenant: session.tenant,
      aggregateId,
      runId: run.runId,
      status: 'pending',
      limit: 20,
    })
    return {
      ...shownRun(run),
      waitingFor: items.map(({ id, transitionId, expiresAt }) => ({
        approvalId: id,
        transitionId,
        expiresAt: timeOf(expiresAt),
      })),
    }
  },
})
