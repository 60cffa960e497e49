import { actorTypes, instanceStatuses } from '@loop-engine/core'
import { metricsOf } from '@loop-engine/observability'
import { z } from 'zod'

import { millisecondsSchema, textSchema } from '../schemas/common.ts'
import { askAgain, unfinished } from './ask-again.ts'
import { route, type Route } from './route.ts'

const share = z.number().min(0).max(1).nullable()
const count = z.int().min(0)

const metricsSchema = z
  .object({
    loopId: z.string(),
    runs: z.partialRecord(z.enum(instanceStatuses), count),
    transitions: z.partialRecord(z.enum(actorTypes), count),
    aiShare: share,
    humanShare: share,
    blocked: z.record(z.string(), count),
    rejected: z.record(z.string(), count),
    approvals: z.object({
      requested: count,
      approved: count,
      rejected: count,
      expired: count,
      superseded: count,
      rate: share,
      medianMs: z.number().nullable(),
    }),
    states: z.record(
      z.string(),
      z.object({ runs: count, visits: count, now: count, medianMs: z.number().nullable() }),
    ),
    exceptions: count,
  })
  .meta({
    id: 'LoopMetrics',
    description: 'Figures about the runs of one loop, counted from the record.',
  })

export const metricsRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/metrics',
    id: 'getMetrics',
    tag: 'Records',
    summary: 'Figures for each loop, counted from the record as it was at `at`.',
    scope: 'read',
    query: z.strictObject({ loopId: textSchema(128).optional() }),
    answers: {
      200: {
        description: 'All loops with runs.',
        schema: z.object({ at: millisecondsSchema, items: z.array(metricsSchema) }),
      },
      ...unfinished,
    },
    async handle({ services: { metrics, store }, tenant }, { query: { loopId } }) {
      const counted = await metrics.of([tenant, loopId], (onProgress) =>
        metricsOf({ store, tenant, loopId, onProgress }),
      )
      if ('progress' in counted) return askAgain(counted.progress)
      return { body: { at: counted.at, items: counted.result } }
    },
  }),
]
