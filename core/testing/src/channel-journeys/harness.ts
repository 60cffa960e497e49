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

/** What the vendor would send when somebody decides on a message that it shows. */
export interface Click {
  readonly person: Person
  readonly decision: 'approve' | 'reject'
  readonly reason?: string
  /** About which request; of its messages the first one of this revision. */
  readonly requestId: string
  readonly revision: number
  /** The vendor's id of the delivery: a repeated delivery has the same. */
  readonly deliveryId: string
  /** When the vendor signed it, epoch milliseconds; now unless told. */
  readonly signedAt?: number
}

/** The vendor's side: it outlives a process of ours. */
export interface ChannelVendor {
  click(click: Click): Request | Promise<Request>
  /** Genuine at first sight, each wrong in one way: no signature, another secret, a changed body. */
  forged(click: Click): readonly Request[] | Promise<readonly Request[]>
  /** The text of every message about a request, as people see it now, oldest first. */
  shown(requestId: string): readonly string[]
  /** What people were told after a click, oldest first: a page, an ephemeral message, a note. */
  answers(): readonly string[]
  /** While it is down nothing that we send arrives. */
  down(isDown: boolean): void
  close?(): Promise<void>
}

export interface ChannelSetting {
  readonly clock: TestClock
  /** Where the channel hands decisions to. Throws what the core throws. */
  readonly decide: (decision: DecisionIntake) => Promise<DecisionAnswer>
  /** The request as it stands, for a channel that shows it on a page or answers about it; `approvals.get`. */
  readonly getApproval: (query: {
    readonly tenant: string
    readonly id: string
  }) => Promise<ApprovalRequest | null>
}

/** What a channel learns of a decision that it handed over. */
export interface DecisionAnswer {
  readonly status: 'recorded' | 'executed' | 'blocked' | 'rejected' | 'refused'
  readonly reason?: string
  readonly request: ApprovalRequest
  readonly replayed?: true
}

export interface OpenChannel {
  readonly channel: Channel
  /** Resolves when nothing that came in is still being worked on. */
  settled?(): Promise<void>
  close?(): Promise<void>
}

/** A running system, as far as the journeys need it; `createLoopSystem` makes one. */
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
  /** The fake vendor, or the real one's nearest stand-in: a server that speaks its wire format. */
  createVendor(clock: TestClock): Vendor | Promise<Vendor>
  /** A channel of a new process; what an earlier process sent may still be clicked. */
  create(setting: ChannelSetting, vendor: Vendor): OpenChannel | Promise<OpenChannel>
  /** `(options) => createLoopSystem(options)` of `@loop-engine/sdk`. */
  createSystem(options: object): Promise<JourneySystem>
  /** `createIntake` of `@loop-engine/sdk`. */
  createIntake(options: object): (decision: unknown) => Promise<DecisionAnswer>
  /** `createAuthority` of `@loop-engine/sdk`. */
  createAuthority(options: { readonly name: string }): object
  /** A new store that two systems can share, such as `createMemoryStore()`. */
  createStore(): LoopStore
  /** How the record names the way in which this channel knows people, such as `slack`. */
  readonly assurance: string
  /** How old a signed event may be, milliseconds; left out where the vendor signs no time. */
  readonly windowMs?: number
}
