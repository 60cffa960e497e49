import { mayReview, reviewerNames } from '@loop-engine/actors'
import {
  LoopError,
  reviewersOf,
  type Actor,
  type ApprovalRequest,
  type KnownKeys,
} from '@loop-engine/core'

import { checkInput } from '../check-input.ts'
import { admitted } from '../judging/admit-actor.ts'
import type { Kernel } from '../kernel.ts'
import { refuseToday } from './entitlement/refuse-today.ts'

export interface InboxQuery {
  readonly actor: Actor
  readonly tenant?: string
  readonly limit?: number
  readonly cursor?: string
}

const keys: KnownKeys<InboxQuery> = { actor: true, tenant: true, limit: true, cursor: true }

/** Each request may hold evidence of the largest size. */
const mostAtOnce = 200

/** The pending requests that a person may decide today, newest first. */
export async function listInbox(
  kernel: Kernel,
  query: InboxQuery,
): Promise<readonly ApprovalRequest[]> {
  checkInput('approvals.inbox', query, keys, [])
  const { actor: input, tenant = 'default', limit = Infinity, cursor: after } = query
  if (limit < 1)
    throw new LoopError('invalid_input', 'An inbox shows one request or more.', { path: '/limit' })
  const today = await kernel.identity.today(tenant, admitted(kernel, input))
  // Only people review.
  if (today?.actor.type !== 'human') return []
  const waiting: ApprovalRequest[] = []
  // A person may not decide all requests that wait for one of their names: the first page asks for some more than wanted.
  let size = Math.min(Math.max(limit, 50), mostAtOnce)
  for (let cursor = after; ;) {
    const page = await kernel.store.approvals({
      tenant,
      reviewers: reviewerNames(today.actor),
      limit: size,
      ...(cursor !== undefined && { cursor }),
    })
    for (const request of page.items) {
      if (request.expiresAt <= kernel.clock.now()) continue
      // A store may return too many requests; the directory need not be asked about those.
      if (!mayReview(today.actor, reviewersOf(request))) continue
      if ((await refuseToday(kernel, request, today)) === null) waiting.push(request)
    }
    cursor = page.cursor
    if (cursor === undefined || waiting.length >= limit) return waiting.slice(0, limit)
    size = mostAtOnce
  }
}
