import type { DecisionResult } from '@loop-engine/runtime'
import { z } from 'zod'

import { HttpError } from '../http/http-error.ts'
import { problemOf } from '../http/problem.ts'
import {
  approvalOf,
  approvalSchema,
  batchBodySchema,
  batchResultSchema,
  decisionBodySchema,
  decisionResultSchema,
} from '../schemas/approval.ts'
import { idSchema, reasonSchema } from '../schemas/common.ts'
import { route, type Answer, type Route } from './route.ts'

const tag = 'Approvals'
const params = z.object({ requestId: idSchema })
type Refusal = Extract<DecisionResult, { readonly status: 'refused' }>['reason']
const notYours: ReadonlySet<Refusal> = new Set([
  'not_a_person',
  'identity_not_verified',
  'assurance_too_low',
  'requester_cannot_decide',
  'not_entitled',
  'not_allowed',
])
const answers = {
  200: { description: 'It counts.', schema: decisionResultSchema },
  403: { description: 'The caller may not decide this; `reason` says why.' },
  409: {
    description:
      'It came too late, or about something else than what waits; or it was approved and a guard no longer passes.',
  },
}

export const decisionRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/approvals/{requestId}/decisions',
    id: 'decide',
    tag,
    summary: 'Decides on a request. Only people; what they saw must be what waits.',
    scope: 'decide',
    idempotent: true,
    params,
    body: decisionBodySchema,
    answers,
    async handle(call, { params: { requestId }, body }) {
      const result = await call.services.system.approvals.decide({
        ...body,
        requestId,
        tenant: call.tenant,
        actor: call.actor(),
        ...(call.idempotencyKey !== undefined && { idempotencyKey: call.idempotencyKey }),
      })
      return answerOf(result)
    },
  }),
  route({
    method: 'post',
    path: '/approvals/decisions',
    id: 'decideMany',
    tag,
    summary: 'Decides on several requests, each on its own.',
    scope: 'decide',
    body: batchBodySchema,
    answers: { 200: { description: 'One item for each, in order.', schema: batchResultSchema } },
    async handle(call, { body }) {
      const { decisions } = body
      const results = await call.services.system.approvals.decideMany(
        decisions.map((decision) => ({ ...decision, tenant: call.tenant, actor: call.actor() })),
      )
      const items = results.map((result, index) => {
        const requestId = decisions[index]?.requestId ?? ''
        if (result.status !== 'error') return { requestId, result: leaving(result) }
        return { requestId, problem: problemOf(result.error, call.requestId).body }
      })
      return { body: { items } }
    },
  }),
  route({
    method: 'post',
    path: '/approvals/{requestId}/delegate',
    id: 'delegate',
    tag,
    summary: 'Lets somebody else decide too, where the policy allows it.',
    scope: 'decide',
    params,
    body: z.strictObject({
      to: idSchema.meta({ description: 'Somebody, as a policy names reviewers.' }),
      reason: reasonSchema.optional(),
    }),
    answers,
    async handle(call, { params: { requestId }, body }) {
      const result = await call.services.system.approvals.delegate({
        ...body,
        requestId,
        tenant: call.tenant,
        actor: call.actor(),
      })
      return answerOf(result)
    },
  }),
  route({
    method: 'post',
    path: '/approvals/{requestId}/withdraw',
    id: 'withdraw',
    tag,
    summary: 'Takes a request back: its requester, or a person.',
    scope: 'run',
    params,
    body: z.strictObject({ reason: reasonSchema.optional() }),
    bodyOptional: true,
    answers: { 200: { description: 'The request, cancelled.', schema: approvalSchema } },
    async handle(call, { params: { requestId }, body }) {
      const request = await call.services.system.approvals.withdraw({
        ...body,
        requestId,
        tenant: call.tenant,
        actor: call.actor(),
      })
      return { body: approvalOf(request) }
    },
  }),
]

function answerOf(decided: DecisionResult): Answer {
  const result = leaving(decided)
  if (decided.status === 'blocked')
    throw new HttpError(
      409,
      'guard_failed',
      'Approved, but a guard no longer passes: nothing ran.',
      {
        result,
      },
    )
  if (decided.status !== 'refused') return { body: result }
  const { reason, request } = decided
  const isTakenBack = reason === 'already_decided' && request.status === 'cancelled'
  const sentence = isTakenBack ? 'The request was taken back.' : sentences[reason]
  throw new HttpError(notYours.has(reason) ? 403 : 409, 'refused', sentence, {
    reason,
    result,
  })
}

function leaving(result: DecisionResult): z.input<typeof decisionResultSchema> {
  return { ...result, request: approvalOf(result.request) } as z.input<typeof decisionResultSchema>
}

const sentences: Readonly<Record<Refusal, string>> = {
  already_decided: 'The request was decided already.',
  expired: 'The request expired before it was decided.',
  superseded: 'The run moved on; the request no longer stands.',
  stale_revision: 'The request was edited since; look at it again.',
  view_changed: 'What waits is not what was shown; look at it again.',
  not_a_person: 'Only people decide.',
  identity_not_verified: 'The reviewer was not authenticated well enough.',
  assurance_too_low: 'The policy asks for a stronger login than this one.',
  requester_cannot_decide: 'Who asks, or acts for who asks, cannot decide.',
  not_entitled: 'The policy does not name this reviewer.',
  already_voted: 'This reviewer has decided already, or somebody in their place.',
  not_allowed: 'The policy does not allow this kind of decision.',
  stopped: 'A stop is in force.',
  limit_reached: 'A limit would be overrun.',
}
