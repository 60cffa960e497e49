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
  200: { description: 'The decision counts.', schema: decisionResultSchema },
  403: { description: 'The caller may not decide this; `reason` says why.' },
  409: {
    description:
      'The decision came too late, or names an older revision or view; or the request was approved and a guard no longer passes.',
  },
}

export const decisionRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/approvals/{requestId}/decisions',
    id: 'decide',
    tag,
    summary:
      'Decides on a request. Only people can; they must have seen the current revision and view.',
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
    summary: 'Decides on several requests. Each is judged separately.',
    scope: 'decide',
    body: batchBodySchema,
    answers: {
      200: { description: 'One item for each decision, in order.', schema: batchResultSchema },
    },
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
    summary: 'Lets another person decide too, if the policy allows it.',
    scope: 'decide',
    params,
    body: z.strictObject({
      to: idSchema.meta({ description: 'The other reviewer, written as in a policy.' }),
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
    summary: 'Withdraws a request. Its requester can, and people can.',
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
      'The request was approved, but a guard no longer passes, so nothing ran.',
      {
        result,
      },
    )
  if (decided.status !== 'refused') return { body: result }
  const { reason, request } = decided
  const isTakenBack = reason === 'already_decided' && request.status === 'cancelled'
  const sentence = isTakenBack ? 'The request was withdrawn.' : sentences[reason]
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
  superseded: 'The run has moved on, so the request is obsolete.',
  stale_revision: 'The request was edited since it was shown; look at it again.',
  view_changed: 'The request differs from what was shown; look at it again.',
  not_a_person: 'Only a person can decide.',
  identity_not_verified: 'The identity of the reviewer is not verified.',
  assurance_too_low: 'The policy asks for a stronger login than this one.',
  requester_cannot_decide: 'The requester, and whoever acts for the requester, cannot decide.',
  not_entitled: 'The policy does not name this reviewer.',
  already_voted: 'This reviewer, or somebody in their place, has decided already.',
  not_allowed: 'The policy does not allow this kind of decision.',
  stopped: 'A stop is in force.',
  limit_reached: 'A limit would be exceeded.',
}
