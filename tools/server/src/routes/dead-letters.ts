import { LoopError } from '@loop-engine/core'
import { z } from 'zod'

import { millisecondsSchema, pageOf, pageQuery } from '../schemas/common.ts'
import { fillPage } from './fill-page.ts'
import { route, type Route } from './route.ts'

const deadLetterSchema = z
  .object({
    id: z.string(),
    kind: z.enum(['effect', 'notify', 'publish', 'timer']),
    name: z
      .string()
      .meta({ description: 'The integration, channel, sink or timer that it is for.' }),
    aggregateId: z.string(),
    runId: z.string(),
    seq: z.int(),
    attempt: z.int(),
    error: z.string(),
    diedAt: millisecondsSchema,
  })
  .meta({ id: 'DeadLetter', description: 'A delivery that failed for good.' })

export const deadLetterRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/dead-letters',
    id: 'listDeadLetters',
    tag: 'Operations',
    summary: 'Deliveries that failed for good, oldest first.',
    scope: 'read',
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page.', schema: pageOf(deadLetterSchema) } },
    async handle({ services, tenant }, { query }) {
      const { items, cursor } = await fillPage(query, (part) =>
        services.system.relay.deadLetters({ tenant, ...part }),
      )
      return {
        body: {
          // The content of the delivery is left out, because it may be evidence.
          items: items.map(
            ({ id, kind, name, aggregateId, runId, seq, attempt, error, diedAt }) => ({
              id,
              kind,
              name,
              aggregateId,
              runId,
              seq,
              attempt,
              error,
              diedAt,
            }),
          ),
          cursor,
        },
      }
    },
  }),
  route({
    method: 'post',
    path: '/dead-letters/{id}/retry',
    id: 'retryDeadLetter',
    tag: 'Operations',
    summary: 'Queues a dead letter again; the relay delivers it with the same idempotency key.',
    scope: 'operate',
    params: z.object({ id: z.string().min(1).max(1024) }),
    answers: { 202: { description: 'The delivery is queued.' } },
    async handle({ services, tenant }, { params: { id } }) {
      if (await services.system.relay.retry({ id, tenant })) return { status: 202, body: undefined }
      throw new LoopError('not_found', 'No dead letter has this id.')
    },
  }),
]
