import {
  approvalStatuses,
  isLoopError,
  isRecord,
  LoopError,
  type ApprovalQuery,
  type ApprovalRequest,
  type KnownKeys,
  type Page,
} from '@loop-engine/core'

import { checkInput, checkStatus } from '../check-input.ts'
import type { Kernel } from '../kernel.ts'
import { decideRequest, type DecideInput, type DecisionResult } from './deciding/decide-request.ts'
import { delegate, type DelegateInput } from './deciding/delegate-request.ts'
import { withdraw, type WithdrawInput } from './deciding/withdraw-request.ts'
import { listInbox, type InboxQuery } from './list-inbox.ts'
import { wait, type WaitInput } from './wait-for-decision.ts'

export interface Approvals {
  /** A request of any status, as it stands in the store. */
  get(query: { readonly id: string; readonly tenant?: string }): Promise<ApprovalRequest | null>
  /** Requests, newest first, a page of at most 1,000 at a time (100 by default). */
  find(
    query?: Omit<ApprovalQuery, 'tenant' | 'reviewers'> & { readonly tenant?: string },
  ): Promise<Page<ApprovalRequest>>
  /** Pending requests that this person may decide, oldest first: all of them, or `limit` after a cursor. */
  inbox(query: InboxQuery): Promise<readonly ApprovalRequest[]>
  /**
   * Takes one person's decision; the last one that is needed runs the transition in the same commit. A decision that does
   * not count is a result with a `reason`. Throws `not_found` if there is no such request, `refused` for the last approval
   * of a request whose evidence was erased, `corrupt` for a request that was changed in the store, and `conflict`
   * (retryable) while the run keeps moving.
   */
  decide(input: DecideInput): Promise<DecisionResult>
  /** Takes each decision on its own: one that fails does not hold up the others. */
  decideMany(
    inputs: readonly DecideInput[],
  ): Promise<readonly (DecisionResult | { readonly status: 'error'; readonly error: LoopError })[]>
  /** Hands a person's vote on to somebody else; the policy must allow it. */
  delegate(input: DelegateInput): Promise<DecisionResult>
  /** The requester, or a person, takes the request back. */
  withdraw(input: WithdrawInput): Promise<ApprovalRequest>
  /**
   * Resolves when the request is no longer pending: at once for decisions in this process, and by polling for others. Throws
   * `corrupt` if the record does not confirm an approval; `get` and `find` do not compare requests with the record.
   */
  wait(input: WaitInput): Promise<ApprovalRequest>
}

const getKeys = { id: true, tenant: true } as const
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
  // Input that is no object is refused, so there is nothing to observe.
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

    inbox: (query) => listInbox(kernel, query),

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

/** A store that throws an error which is none of ours may already have written. */
function unknown(cause: unknown): LoopError {
  return new LoopError('unknown_outcome', 'What became of the decision is not known.', {
    retryable: true,
    hint: 'Read the request, or decide again with the same idempotency key.',
    cause,
  })
}
