import { z } from 'zod'

import { entryShape, shownEntry } from '../entry-shape.ts'
import { aggregateIdSchema, idSchema, limitSchema } from '../schemas.ts'
import { runOf } from '../session.ts'
import { defineTool } from '../tool.ts'

export const getHistory = defineTool({
  name: 'get_history',
  title: 'Read the history of a run',
  description:
    'What happened in a run and who did it, oldest first: attempts, refusals, decisions, effects.',
  input: z.strictObject({
    aggregateId: aggregateIdSchema,
    runId: idSchema.optional().describe('An older run of the same business key.'),
    from: z.int().min(1).default(1).describe('The seq to begin with.'),
    limit: limitSchema,
  }),
  output: z.object({
    items: z.array(z.object(entryShape)),
    next: z.int().optional().describe('The `from` of the next page; absent on the last one.'),
  }),
  async run({ aggregateId, runId, from, limit }, session) {
    const run = await runOf(session, aggregateId)
    const { engine, tenant, loops } = session
    const items: object[] = []
    const query = { tenant, aggregateId, runId: runId ?? run.runId, from, limit: limit + 1 }
    for await (const item of engine.history(query)) {
      // An older run of this business key may belong to a loop that clients may not see.
      if (!loops.has(item.entry.loopId)) break
      if (items.length === limit) return { items, next: item.entry.seq }
      items.push(shownEntry(item))
    }
    return { items }
  },
})
