import { instanceStatuses, LoopError } from '@loop-engine/core'
import { z } from 'zod'

import { runShape, shownRun } from '../run-shape.ts'
import { cursorSchema, idSchema, limitSchema, pageOf } from '../schemas.ts'
import { defineTool } from '../tool.ts'

export const listRuns = defineTool({
  name: 'list_runs',
  title: 'List runs',
  description: 'The runs of a loop, oldest first.',
  input: z.strictObject({
    loopId: idSchema,
    state: idSchema.optional(),
    status: z.enum(instanceStatuses).optional(),
    limit: limitSchema,
    cursor: cursorSchema,
  }),
  output: pageOf(z.object(runShape)),
  async run(query, { engine, tenant, loops }) {
    if (!loops.has(query.loopId))
      throw new LoopError('not_found', 'There is no such loop.', {
        path: '/loopId',
        hint: 'Call list_loops for the loops that you may see.',
      })
    const { items, cursor } = await engine.find({ tenant, ...query })
    return { items: items.map(shownRun), ...(cursor !== undefined && { cursor }) }
  },
})
