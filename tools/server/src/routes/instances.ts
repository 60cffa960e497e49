import { instanceStatuses, LoopError, type LoopInstance } from '@loop-engine/core'
import { z } from 'zod'

import { etagHeader, etagOf, matchesTag } from '../http/etag.ts'
import { attributionSchema } from '../schemas/actor.ts'
import {
  aggregateIdSchema,
  idSchema,
  jsonObjectSchema,
  pageOf,
  pageQuery,
  queryNumber,
  textSchema,
} from '../schemas/common.ts'
import { instanceSchema } from '../schemas/instance.ts'
import { fillPage } from './fill-page.ts'
import { findRun } from './find-run.ts'
import { route, type Answer, type Call, type Route } from './route.ts'

const tag = 'Instances'
const unlessSeenAnswers = {
  200: { description: 'The run.', schema: instanceSchema, headers: etagHeader },
  304: { description: 'The run has not changed since the ETag in If-None-Match.' },
}

export const instanceRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/instances',
    id: 'startInstance',
    tag,
    summary: 'Starts a run.',
    scope: 'run',
    idempotent: true,
    body: z
      .strictObject({
        loopId: textSchema(128),
        aggregateId: aggregateIdSchema,
        metadata: jsonObjectSchema.optional(),
        tags: z.array(textSchema(128)).max(64).optional(),
        evidence: jsonObjectSchema.optional(),
        correlationId: idSchema.optional(),
        attribution: attributionSchema.optional(),
      })
      .meta({ id: 'Start' }),
    answers: {
      201: {
        description: 'The run.',
        schema: instanceSchema,
        headers: { ...etagHeader, Location: 'The address of the run.' },
      },
      409: { description: 'The business key has an open run, or a stop is in force.' },
    },
    async handle(call, { body: { attribution, ...body } }) {
      const instance = await call.services.system.engine.start({
        ...body,
        tenant: call.tenant,
        actor: call.actor(attribution),
        traceparent: call.traceparent,
        ...(call.idempotencyKey !== undefined && { idempotencyKey: call.idempotencyKey }),
      })
      const location = `/api/v1/instances/${encodeURIComponent(instance.aggregateId)}`
      return { status: 201, body: instance, headers: { etag: etagOf(instance), location } }
    },
  }),
  route({
    method: 'get',
    path: '/instances',
    id: 'findInstances',
    tag,
    summary: 'Runs, oldest first.',
    scope: 'read',
    query: z.strictObject({
      loopId: textSchema(128).optional(),
      aggregateId: idSchema.optional(),
      state: textSchema(128).optional(),
      status: z.enum(instanceStatuses).optional(),
      tag: textSchema(128).optional(),
      updatedFrom: queryNumber(z.int()).optional(),
      updatedUntil: queryNumber(z.int()).optional(),
      ...pageQuery,
    }),
    answers: { 200: { description: 'A page.', schema: pageOf(instanceSchema) } },
    handle: async ({ services, tenant }, { query }) => ({
      body: await fillPage(query, (part) =>
        services.system.engine.find({ tenant, ...query, ...part }),
      ),
    }),
  }),
  route({
    method: 'get',
    path: '/instances/{aggregateId}',
    id: 'getInstance',
    tag,
    summary: 'The open run of a business key, or else its newest.',
    scope: 'read',
    params: z.object({ aggregateId: aggregateIdSchema }),
    answers: unlessSeenAnswers,
    async handle(call, { params }) {
      return unlessSeen(call, await findRun(call, params.aggregateId))
    },
  }),
  route({
    method: 'get',
    path: '/runs/{runId}',
    id: 'getRun',
    tag,
    summary: 'A run by its run id, also if its business key has a newer run.',
    scope: 'read',
    params: z.object({ runId: idSchema }),
    answers: unlessSeenAnswers,
    async handle(call, { params }) {
      const run = await call.services.store.getRun(call.tenant, params.runId)
      if (!run) throw new LoopError('not_found', 'No run has this id.')
      return unlessSeen(call, run)
    },
  }),
]

/** Answers with the run, or with 304 if it has not changed since the caller saw it. */
function unlessSeen({ request }: Call, run: LoopInstance): Answer {
  const headers = { etag: etagOf(run) }
  if (matchesTag(request.headers.get('if-none-match'), headers.etag))
    return { status: 304, body: undefined, headers }
  return { body: run, headers }
}
