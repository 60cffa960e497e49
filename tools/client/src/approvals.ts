import { LoopClientError } from './client-error.ts'
import type { CallOptions } from './client-options.ts'
import { readEvents } from './event-reader.ts'
import { itemsOf, pagesAt, type Pages } from './pages.ts'
import { resultOr } from './read-answer.ts'
import type { ApprovalRequest, Decision, DecisionResult, Problem } from './schema.ts'
import type { Transport } from './transport.ts'

export interface ApprovalQuery {
  readonly status?: ApprovalRequest['status']
  readonly loopId?: string
  readonly aggregateId?: string
  readonly runId?: string
  /** The most items in one page. */
  readonly limit?: number
}

export interface BatchItem {
  readonly requestId: string
  readonly result?: DecisionResult
  /** The problem, if there is no result. */
  readonly problem?: Problem
}

export interface Approvals {
  find(query?: ApprovalQuery, options?: CallOptions): Pages<ApprovalRequest>
  /** The requests that wait for the caller, oldest first. */
  inbox(query?: { readonly limit?: number }, options?: CallOptions): Pages<ApprovalRequest>
  get(requestId: string, options?: CallOptions): Promise<ApprovalRequest>
  /** Decides on the request as the reviewer saw it: on this revision and view only. A refusal is returned as a result. */
  decide(
    request: Pick<ApprovalRequest, 'id' | 'revision' | 'viewHash'>,
    decision: Omit<Decision, 'revision' | 'viewHash'>,
    options?: CallOptions,
  ): Promise<DecisionResult>
  decideMany(
    decisions: readonly (Decision & {
      readonly requestId: string
      readonly idempotencyKey?: string
    })[],
    options?: CallOptions,
  ): Promise<readonly BatchItem[]>
  delegate(
    requestId: string,
    body: { readonly to: string; readonly reason?: string },
    options?: CallOptions,
  ): Promise<DecisionResult>
  withdraw(
    requestId: string,
    body?: { readonly reason?: string },
    options?: CallOptions,
  ): Promise<ApprovalRequest>
  /** Resolves when the request is no longer pending, or with it as it was last seen when `signal` aborts. */
  wait(requestId: string, options?: Pick<CallOptions, 'signal'>): Promise<ApprovalRequest>
}

export function createApprovals(transport: Transport): Approvals {
  const { json } = transport
  const pathOf = (requestId: string): string => `/approvals/${encodeURIComponent(requestId)}`
  const get: Approvals['get'] = (requestId, options) =>
    json({ method: 'GET', path: pathOf(requestId), options })

  return {
    get,
    find: pagesAt(transport, '/approvals'),
    inbox: pagesAt(transport, '/approvals/inbox'),
    decide: ({ id, revision, viewHash }, decision, options) =>
      resultOr<DecisionResult>(
        json({
          method: 'POST',
          path: `${pathOf(id)}/decisions`,
          body: { ...decision, revision, viewHash },
          idempotent: true,
          options,
        }),
      ),
    decideMany: (decisions, options) =>
      itemsOf(json({ method: 'POST', path: '/approvals/decisions', body: { decisions }, options })),
    delegate: (requestId, body, options) =>
      resultOr<DecisionResult>(
        json({ method: 'POST', path: `${pathOf(requestId)}/delegate`, body, options }),
      ),
    withdraw: (requestId, body = {}, options) =>
      json({ method: 'POST', path: `${pathOf(requestId)}/withdraw`, body, options }),
    async wait(requestId, { signal } = {}) {
      const first = await get(requestId, { signal })
      if (first.status !== 'pending') return first
      const done = new AbortController()
      const either = signal ? AbortSignal.any([done.signal, signal]) : done.signal
      const { runId } = first
      let request = first
      let failed: { readonly error: unknown } | undefined
      // Also called whenever the stream opens, because the request may have been decided just before, and whenever it breaks,
      // because a caller with too many streams gets no other. Then an unreachable server is no failure: the wait goes on.
      const look = async (isBroken = false): Promise<void> => {
        try {
          const seen = await get(requestId, { signal: either })
          // Answers can overtake each other: one from before the decision must not replace the final one.
          if (done.signal.aborted) return
          request = seen
          if (seen.status !== 'pending') done.abort()
        } catch (error) {
          const isAway = error instanceof LoopClientError && error.retryable
          if (either.aborted || (isBroken && isAway)) return
          failed = { error }
          done.abort()
        }
      }
      const onOpen = (): void => void look()
      const onBreak = (): void => void look(true)
      const events = readEvents(transport, { runId, signal: either, onOpen, onBreak })
      for await (const _ of events) await look()
      if (failed) throw failed.error
      return request
    },
  }
}
