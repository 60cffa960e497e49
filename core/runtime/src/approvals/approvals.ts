import { mayReview, reviewerNames } from '@loop-engine/actors'
import {
  approvalStatuses,
  isLoopError,
  isRecord,
  LoopError,
  reviewersOf,
  type Actor,
  type ApprovalQuery,
  type ApprovalRequest,
  type KnownKeys,
  type Page,
} from '@loop-engine/core'

import { checkInput, checkStatus } from '../check-input.ts'
import { admitted } from '../judging/admit-input.ts'
import type { Kernel } from '../kernel.ts'
import { decideRequest, type DecideInput, type DecisionResult } from './decide-request.ts'
import { delegate } from './delegate-request.ts'
import { refuseToday } from './refuse-today.ts'
import { wait } from './wait-for-decision.ts'
import { withdraw } from './withdraw-request.ts'

export interface Approvals {
  /** A request of any status, as it stands in the store. */
  get(query: { readonly id: string; readonly tenant?: string }): Promise<ApprovalRequest | null>
  /** Requests, newest first, a page of at most 1,000 at a time (100 by default). */
  find(
    query?: Omit<ApprovalQuery, 'tenant' | 'reviewers'> & { readonly tenant?: string },
  ): Promise<Page<ApprovalRequest>>
  /** Pending requests that this person may decide, newest first: all of them, or `limit` after a cursor of `find`. */
  inbox(query: {
    readonly actor: Actor
    readonly tenant?: string
    readonly limit?: number
    readonly cursor?: string
  }): Promise<readonly ApprovalRequest[]>
  /**
   * Takes one person's decision; the last one that is needed runs the transition in the same commit. What does not count
   * is a result with a `reason`. Throws `not_found` without a request, `refused` for the last approval of one whose evidence
   * was erased, `corrupt` for one that was changed in the store, `conflict` (retryable) while the run keeps moving.
   */
  decide(input: DecideInput): Promise<DecisionResult>
  /** Each decision on its own: one that fails does not hold up the others. */
  decideMany(
    inputs: readonly DecideInput[],
  ): Promise<readonly (DecisionResult | { readonly status: 'error'; readonly error: LoopError })[]>
  /** Hands the right to decide to somebody else; the policy must allow it. */
  delegate(input: {
    readonly requestId: string
    readonly tenant?: string
    readonly actor: Actor
    readonly to: string
    readonly reason?: string
  }): Promise<DecisionResult>
  /** The requester, or a person, takes the request back. */
  withdraw(input: {
    readonly requestId: string
    readonly tenant?: string
    readonly actor: Actor
    readonly reason?: string
  }): Promise<ApprovalRequest>
  /**
   * Resolves when the request is no longer pending. Wakes at once for decisions in this process, and polls for others.
   * Throws `corrupt` when an approval is not on record as the request says; what `get` and `find` give is not compared.
   */
  wait(input: {
    readonly requestId: string
    readonly tenant?: string
    readonly signal?: AbortSignal
  }): Promise<ApprovalRequest>
}

/** Each may hold evidence of the largest size. */
const mostAtOnce = 200

const getKeys = { id: true, tenant: true } as const
const inboxKeys = { actor: true, tenant: true, limit: true, cursor: true } as const
const findKeys: KnownKeys<Omit<ApprovalQuery, 'reviewers'>> = {
  tenant: true,
  status: true,
  runId: true,
  aggregateId: true,
  loopId: true,
  limit: true,
  cursor: true,
}

export function createApprovals(kernel: Kernel): Approvals {
  const { store, telemetry } = kernel
  // What is no input is refused, and there is nothing to watch.
  const decide: Approvals['decide'] = (input) =>
    telemetry && isRecord(input)
      ? telemetry.decision(input, () => decideRequest(kernel, input))
      : decideRequest(kernel, input)
  return {
    async get(query) {
      checkInput('approvals.get', query, getKeys, ['id'])
      return store.approval(query.tenant ?? 'default', query.id)
    },
    async find(query = {}) {
      checkInput('approvals.find', query, findKeys, [])
      checkStatus('approvals.find', query.status, approvalStatuses)
      return store.approvals({ ...query, tenant: query.tenant ?? 'default' })
    },
    decide,
    delegate: (input) => delegate(kernel, input),
    withdraw: (input) => withdraw(kernel, input),
    wait: (input) => wait(kernel, input),

    async inbox(query) {
      checkInput('approvals.inbox', query, inboxKeys, [])
      const { actor: input, tenant = 'default', limit = Infinity, cursor: after } = query
      if (limit < 1)
        throw new LoopError('invalid_input', 'An inbox shows one request or more.', {
          path: '/limit',
        })
      const today = await kernel.identity.today(tenant, admitted(kernel, input))
      // Only people review.
      if (today?.actor.type !== 'human') return []
      const waiting: ApprovalRequest[] = []
      // Not all that wait for a name of theirs may they decide: first some more than are wanted, then as many as may be.
      let size = Math.min(Math.max(limit, 50), mostAtOnce)
      for (let cursor = after; ;) {
        const page = await store.approvals({
          tenant,
          reviewers: reviewerNames(today.actor),
          limit: size,
          ...(cursor !== undefined && { cursor }),
        })
        for (const request of page.items) {
          if (request.expiresAt <= kernel.clock.now()) continue
          // Of what a store gives too many the directory need not be asked, however much that is.
          if (!mayReview(today.actor, reviewersOf(request))) continue
          if ((await refuseToday(kernel, request, today)) === null) waiting.push(request)
        }
        cursor = page.cursor
        if (cursor === undefined || waiting.length >= limit) return waiting.slice(0, limit)
        size = mostAtOnce
      }
    },

    async decideMany(inputs) {
      if (!Array.isArray(inputs))
        throw new LoopError('invalid_input', 'approvals.decideMany takes a list.', { path: '' })
      return Promise.all(
        inputs.map(async (input) => {
          try {
            return await decide(input)
          } catch (error) {
            return { status: 'error' as const, error: isLoopError(error) ? error : unknown(error) }
          }
        }),
      )
    },
  }
}

/** What a store throws that is no error of ours may have come after it wrote. */
function unknown(cause: unknown): LoopError {
  return new LoopError('unknown_outcome', 'What became of the decision is not known.', {
    retryable: true,
    hint: 'Read the request, or decide again with the same idempotency key.',
    cause,
  })
}
