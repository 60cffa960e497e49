import type { ApprovalRequest, TraceContext } from '../model/approval.ts'
import type { GuardResult } from '../model/guard-result.ts'
import type { LoopInstance } from '../model/instance.ts'
import type { Receipt, TransitionResult } from '../model/result.ts'
import type { CommitPlan } from './store/commit.ts'
import type { OutboxClaim, Settlement } from './store/outbox.ts'

/** Which request somebody made of a run; unchecked, as it came in. */
export interface ObservedRequest {
  readonly tenant?: string
  readonly aggregateId: string
  /** W3C trace context that the caller named. */
  readonly traceparent?: string
}

export interface ObservedGuard {
  readonly loopId: string
  readonly transitionId: string
  readonly id: string
}

export interface ObservedDecision {
  readonly tenant?: string
  readonly requestId: string
  readonly decision: string
}

/** What became of a decision, as far as an observer may know. */
export interface ObservedVerdict {
  readonly status: string
  readonly reason?: string
  readonly request: ApprovalRequest
  readonly replayed?: true
}

export interface ObservedDelivery {
  readonly claim: OutboxClaim
  /** Where the delivery was ordered. */
  readonly trace?: TraceContext
}

/** An HTTP request that a server answers; its path is not told, for it may hold a token. */
export interface ObservedCall {
  readonly method: string
  /** As the caller sent it, unchecked. */
  readonly traceparent?: string
}

export interface ObservedAnswer {
  /** Of HTTP. */
  readonly status: number
  /** The pattern that the path fits, such as `/api/v1/instances/{id}`. */
  readonly route?: string
}

/** How a delivery ended; `settled` when the commit that it made has ended it too. */
export type DeliveryEnd = { readonly kind: 'settled' } | Settlement['outcome']

/**
 * Observes a system at work. A member that is given `work` calls it exactly once, and returns or throws what `work` does;
 * it returns a promise only if `work` does. Apart from that, no member may throw or decide anything: a system without
 * telemetry does the same, in the same order, and records the same bytes.
 */
export interface Telemetry {
  readonly contract: 'telemetry/v1'
  readonly name: string
  /** A request to a server, with everything that it leads to. */
  request(call: ObservedCall, work: () => Promise<ObservedAnswer>): Promise<ObservedAnswer>
  start<Run extends LoopInstance>(
    request: ObservedRequest & { readonly loopId: string },
    work: () => Promise<Run>,
  ): Promise<Run>
  transition<Result extends TransitionResult>(
    request: ObservedRequest & { readonly transitionId?: string; readonly signal?: string },
    work: () => Promise<Result>,
  ): Promise<Result>
  /** One guard of one attempt. Synchronous where the guard is. */
  guard<Answer extends { readonly result: GuardResult }>(
    guard: ObservedGuard,
    work: () => Answer | Promise<Answer>,
  ): Answer | Promise<Answer>
  decision<Verdict extends ObservedVerdict>(
    decision: ObservedDecision,
    work: () => Promise<Verdict>,
  ): Promise<Verdict>
  /** One attempt at an effect, a notice, an event or a timer. */
  delivery(delivery: ObservedDelivery, work: () => Promise<DeliveryEnd>): Promise<DeliveryEnd>
  /** A sealed function, such as a governed tool, that runs under its receipt. */
  sealed<Output>(
    run: { readonly name: string; readonly receipt: Receipt },
    work: () => Promise<Output>,
  ): Promise<Output>
  /** Called after each commit, within the work that made it. Each entry is told once, in the process that wrote it. */
  recorded(plan: Pick<CommitPlan, 'entries' | 'approvals'>): void
  /**
   * The place in a trace to keep with an order that is being made now: whoever carries out the order, in whatever process,
   * continues the trace there. With an `origin` the order belongs to that trace, and is linked to the current work.
   */
  carry(origin?: TraceContext): TraceContext | undefined
}
