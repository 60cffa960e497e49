import { LoopError } from '@loop-engine/core'
import { z } from 'zod'

import { runShape, shownRun } from '../run-shape.ts'
import { aggregateIdSchema, idSchema, jsonObjectSchema, keySchema } from '../schemas.ts'
import { defineTool } from '../tool.ts'

export const startRun = defineTool({
  name: 'start_run',
  title: 'Start a run',
  description:
    'Starts a run of a loop that may be started. A business key has at most one open run.',
  changes: true,
  input: z.strictObject({
    loopId: idSchema,
    aggregateId: aggregateIdSchema,
    evidence: jsonObjectSchema.optional(),
    idempotencyKey: keySchema,
  }),
  output: z.object(runShape),
  async run(input, { engine, tenant, agent, startable }) {
    if (!startable.has(input.loopId))
      throw new LoopError('not_found', 'There is no loop of this id that may be started.', {
        path: '/loopId',
        hint: 'Call list_loops: `startable` marks the loops that may be started.',
      })
    return shownRun(await engine.start({ ...input, tenant, actor: agent }))
  },
})
