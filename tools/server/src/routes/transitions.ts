import type { TransitionResult } from '@loop-engine/core'
import { z } from 'zod'

import { etagOf, expectedBy } from '../http/etag.ts'
import { HttpError } from '../http/http-error.ts'
import { attributionSchema } from '../schemas/actor.ts'
import { aggregateIdSchema, idSchema, jsonObjectSchema } from '../schemas/common.ts'
import { availableSchema, transitionResultSchema } from '../schemas/instance.ts'
import { route, type Answer, type Route } from './route.ts'

const tag = 'Transitions'
const params = z.object({ aggregateId: aggregateIdSchema })
const notYours: ReadonlySet<string> = new Set([
  'actor_type_not_allowed',
  'role_missing',
  'identity_not_verified',
])

export const transitionRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/instances/{aggregateId}/transitions',
    id: 'attemptTransition',
    tag,
    summary: 'Attempts a transition. A refusal is recorded too.',
    description: 'Only 200 means that the transition was executed.',
    scope: 'run',
    idempotent: true,
    ifMatch: true,
    params,
    body: z
      .strictObject({
        transition: idSchema
          .optional()
          .meta({ description: 'The id of a transition. Name either this or `signal`.' }),
        signal: idSchema.optional(),
        evidence: jsonObjectSchema.optional(),
        correlationId: idSchema.optional(),
        attribution: attributionSchema.optional(),
        callbackUrl: z.string().max(2048).optional().meta({
          description:
            'Receives a signed POST when the approval request that this attempt opens is closed.',
        }),
      })
      .refine(({ transition, signal }) => (transition === undefined) !== (signal === undefined), {
        path: ['transition'],
        error: 'Name either a transition or a signal.',
      })
      .meta({ id: 'Attempt', oneOf: [{ required: ['transition'] }, { required: ['signal'] }] }),
    answers: {
      200: { description: 'The transition was executed.', schema: transitionResultSchema },
      202: { description: 'The transition waits for approval.', schema: transitionResultSchema },
      409: { description: 'Rejected; `reason` says why, `result` is the whole result.' },
      422: { description: 'A guard did not pass; `result` says which.' },
    },
    async handle(call, { params: { aggregateId }, body }) {
      const { transition, attribution, ...rest } = body
      const expected = expectedBy(call.request.headers.get('if-match'))
      if (body.callbackUrl !== undefined) call.services.callbacks?.check(body.callbackUrl)
      const result = await call.services.system.engine.transition({
        ...rest,
        ...(transition !== undefined && { transitionId: transition }),
        tenant: call.tenant,
        aggregateId,
        actor: call.actor(attribution),
        traceparent: call.traceparent,
        ...(expected && { expected }),
        ...(call.idempotencyKey !== undefined && { idempotencyKey: call.idempotencyKey }),
      })
      return answerOf(result)
    },
  }),
  route({
    method: 'get',
    path: '/instances/{aggregateId}/available',
    id: 'listAvailable',
    tag,
    summary:
      'The transitions that the caller could attempt now without evidence, and why others are not allowed.',
    scope: 'read',
    params,
    answers: {
      200: { description: 'All of them.', schema: z.object({ items: z.array(availableSchema) }) },
    },
    handle: async (call, { params: { aggregateId } }) => ({
      body: {
        items: await call.services.system.engine.available({
          tenant: call.tenant,
          aggregateId,
          actor: call.actor(),
        }),
      },
    }),
  }),
  route({
    method: 'post',
    path: '/instances/{aggregateId}/available',
    id: 'askAvailable',
    tag,
    summary:
      'The transitions that the caller could attempt now with this evidence. Nothing is changed or recorded.',
    scope: 'read',
    idempotent: true,
    params,
    body: z.strictObject({
      evidence: jsonObjectSchema.optional(),
      attribution: attributionSchema.optional(),
    }),
    answers: {
      200: { description: 'All of them.', schema: z.object({ items: z.array(availableSchema) }) },
    },
    handle: async (call, { params: { aggregateId }, body: { evidence, attribution } }) => ({
      body: {
        items: await call.services.system.engine.available({
          tenant: call.tenant,
          aggregateId,
          actor: call.actor(attribution),
          ...(evidence && { evidence }),
        }),
      },
    }),
  }),
]

/** Answers 200 only for an executed transition, so that a caller who looks only at the status makes no mistake. */
function answerOf(result: TransitionResult): Answer {
  const headers = { etag: etagOf(result.instance) }
  switch (result.status) {
    case 'executed':
      return { body: result, headers }
    case 'pending_approval':
      return { status: 202, body: result, headers }
    case 'guard_failed':
      throw new HttpError(422, 'guard_failed', 'A guard did not pass.', {
        reason: result.reason,
        result,
        headers,
      })
    case 'rejected':
      throw new HttpError(notYours.has(result.reason) ? 403 : 409, 'rejected', result.message, {
        reason: result.reason,
        result,
        headers,
      })
  }
}
