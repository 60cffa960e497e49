import { openEntry, openEvidence } from '@loop-engine/core'
import { z } from 'zod'

import { aggregateIdSchema, idSchema, limitSchema, pageOf } from '../schemas/common.ts'
import { historyItemSchema } from '../schemas/instance.ts'
import { fillPage } from './fill-page.ts'
import { findRun } from './find-run.ts'
import { route, type Route } from './route.ts'

export const historyRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/instances/{aggregateId}/history',
    id: 'getHistory',
    tag: 'Records',
    summary: 'The record of a run, oldest entry first.',
    scope: 'read',
    params: z.object({ aggregateId: aggregateIdSchema }),
    query: z.strictObject({
      runId: idSchema.optional().meta({
        description: 'An older run of the same business key; the open or newest one if left out.',
      }),
      limit: limitSchema,
      cursor: z
        .string()
        .regex(/^[1-9]\d{0,14}$/)
        .optional(),
    }),
    answers: { 200: { description: 'A page.', schema: pageOf(historyItemSchema) } },
    async handle(call, { params: { aggregateId }, query: { runId, ...query } }) {
      const { services, tenant } = call
      const { runId: run } = await findRun(call, aggregateId, runId)
      const page = await fillPage(query, async ({ limit, cursor = '1' }) => {
        const entries = await services.store.entries(tenant, run, { from: Number(cursor), limit })
        const items = entries.map((stored) => ({
          entry: openEntry(stored),
          hash: stored.hash,
          evidence: openEvidence(stored),
        }))
        // Continues from the last entry that was found, because retention may have dropped the first entries of the run.
        const last = entries.length === limit ? entries.at(-1) : undefined
        return { items, ...(last && { cursor: `${last.seq + 1}` }) }
      })
      return { body: page }
    },
  }),
]
