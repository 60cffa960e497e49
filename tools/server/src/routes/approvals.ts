import { approvalStatuses, cutApprovals, LoopError } from '@loop-engine/core'
import { z } from 'zod'

import { approvalOf, approvalSchema } from '../schemas/approval.ts'
import { idSchema, pageOf, pageQuery, textSchema } from '../schemas/common.ts'
import { fillPage } from './fill-page.ts'
import { route, type Route } from './route.ts'

const tag = 'Approvals'
const page = pageOf(approvalSchema)

export const approvalRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/approvals',
    id: 'findApprovals',
    tag,
    summary: 'Approval requests, newest first.',
    scope: 'read',
    query: z.strictObject({
      status: z.enum(approvalStatuses).optional(),
      loopId: textSchema(128).optional(),
      aggregateId: idSchema.optional(),
      runId: idSchema.optional(),
      ...pageQuery,
    }),
    answers: { 200: { description: 'A page.', schema: page } },
    async handle({ services, tenant }, { query }) {
      const { items, cursor } = await fillPage(query, (part) =>
        services.store.approvals({ tenant, ...query, ...part }),
      )
      return { body: { items: items.map(approvalOf), cursor } }
    },
  }),
  route({
    method: 'get',
    path: '/approvals/inbox',
    id: 'listInbox',
    tag,
    summary: 'Approval requests that wait for the caller, oldest first.',
    scope: 'read',
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page; always empty for a key.', schema: page } },
    async handle(call, { query }) {
      const { items, cursor } = await fillPage(query, async (part) => {
        const waiting = await call.services.system.approvals.inbox({
          tenant: call.tenant,
          actor: call.actor(),
          ...part,
          limit: part.limit + 1,
        })
        return cutApprovals(waiting, part.limit)
      })
      return { body: { items: items.map(approvalOf), cursor } }
    },
  }),
  route({
    method: 'get',
    path: '/approvals/{requestId}',
    id: 'getApproval',
    tag,
    summary: 'One approval request.',
    scope: 'read',
    params: z.object({ requestId: idSchema }),
    answers: { 200: { description: 'The request.', schema: approvalSchema } },
    async handle({ services, tenant }, { params }) {
      const request = await services.store.approval(tenant, params.requestId)
      if (request) return { body: approvalOf(request) }
      throw new LoopError('not_found', 'No approval request has this id.')
    },
  }),
]
