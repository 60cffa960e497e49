import type {
  ApprovalRequest,
  Channel,
  DecisionIntake,
  LoopStore,
  Receipt,
} from '@loop-engine/core'

import type { TestClock } from '../test-clock.ts'

/**
 * The people of the journeys. `alice` and `bob` are in `group:ops`, who may decide; `mallory` is known and may not;
 * `owner` is in `group:ops` too, and the agent that asks acts for her; `stranger` is known to the vendor alone.
 */
export type Person = 'alice' | 'bob' | 'mallory' | 'owner' | 'stranger'

/** A click of somebody on a message that the vendor shows. */
export interface Click {
  readonly person: Person
  readonly decision: 'approve' | 'reject'
  readonly reason?: string
  /** The request that is decided. The click is on the first of its messages that has this revision. */
  readonly requestId: string
  readonly revision: number
  /** The vendor's id of the delivery: a repeated delivery has the same. */
  readonly deliveryId: string
  /** When the vendor signed the event, epoch milliseconds; now by default. */
  readonly signedAt?: number
}

/** The side of the vendor, which goes on when our process ends. */
export interface ChannelVendor {
  click(click: Click): Request | Promise<Request>
  /** Requests that are wrong in one way each: no signature, another secret, a changed body. */
  forged(click: Click): readonly Request[] | Promise<readonly Request[]>
  /** The text of every message about a request, as people see it now, oldest first. */
  shown(requestId: string): readonly string[]
  /** What people saw after a click, oldest first: a page, an ephemeral message, a note. */
  answers(): readonly string[]
  /** Takes the vendor down, or up again. While it is down, nothing that we send arrives. */
  down(isDown: boolean): void
  close?(): Promise<void>
}

export interface ChannelSetting {
  readonly clock: TestClock
  /** The function to which the channel hands decisions. It throws what the engine throws. */
  readonly decide: (decision: DecisionIntake) => Promise<DecisionAnswer>
  /** `approvals.get`, for a channel that shows the current request on a page or answers about it. */
  readonly getApproval: (query: {
    readonly tenant: string
    readonly id: string
  }) => Promise<ApprovalRequest | null>
}

/** The answer to a decision that a channel handed over. */
export interface DecisionAnswer {
  readonly status: 'recorded' | 'executed' | 'blocked' | 'rejected' | 'refused'
  readonly reason?: string
  readonly request: ApprovalRequest
  readonly replayed?: true
}

export interface OpenChannel {
  readonly channel: Channel
  /** Resolves when the channel has finished the work on all requests that came in. */
  settled?(): Promise<void>
  close?(): Promise<void>
}

/** The parts of a running system that the journeys need; `createLoopSystem` creates one. */
export interface JourneySystem {
  readonly engine: {
    start(input: object): Promise<unknown>
    transition(input: object): Promise<{
      readonly status: string
      readonly approvalId?: string
      readonly receipt?: Receipt
    }>
    stop(input: object): Promise<unknown>
    history(target: {
      readonly aggregateId: string
    }): AsyncIterable<{ readonly entry: { readonly type: string; readonly data?: object } }>
  }
  readonly approvals: {
    get(query: { readonly id: string; readonly tenant?: string }): Promise<ApprovalRequest | null>
    decide(input: object): Promise<DecisionAnswer>
    withdraw(input: object): Promise<ApprovalRequest>
  }
  readonly relay: { drain(): Promise<number> }
  close(): Promise<void>
}

export interface ChannelJourneyHarness<Vendor extends ChannelVendor> {
  readonly name: string
  /** Creates the vendor: a fake, or a local server that speaks the real wire format. */
  createVendor(clock: TestClock): Vendor | Promise<Vendor>
  /** Creates the channel of a new process. People can still click on messages that an earlier process sent. */
  create(setting: ChannelSetting, vendor: Vendor): OpenChannel | Promise<OpenChannel>
  /** `(options) => createLoopSystem(options)` of `@loop-engine/sdk`. */
  createSystem(options: object): Promise<JourneySystem>
  /** `createIntake` of `@loop-engine/sdk`. */
  createIntake(options: object): (decision: unknown) => Promise<DecisionAnswer>
  /** `createAuthority` of `@loop-engine/sdk`. */
  createAuthority(options: { readonly name: string }): object
  /** Creates a new store that two systems can share, such as `createMemoryStore()`. */
  createStore(): LoopStore
  /** The assurance method that the record names for people of this channel, such as `slack`. */
  readonly assurance: string
  /** How old a signed event may be, in milliseconds. Left out if the vendor signs no time. */
  readonly windowMs?: number
}
