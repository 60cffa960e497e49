import type { JsonObject } from '../json/json.ts'
import type { Actor } from '../model/actor.ts'
import type { ApprovalRequest } from '../model/approval.ts'
import type { Transition } from '../model/definition.ts'
import type { LoopInstance } from '../model/instance.ts'
import type { Reservation } from '../model/reservation.ts'

/** What a guard may look at: an immutable snapshot. No clock, no randomness, no I/O of its own. */
export interface GuardInput {
  readonly instance: LoopInstance
  readonly transition: Transition
  readonly actor: Actor
  readonly evidence: JsonObject
  /** What the definition calls this guard. */
  readonly guardId: string
  /** As the definition gives them for this guard. */
  readonly parameters: JsonObject
  /** The time of judgement, epoch milliseconds; the same for all guards of one attempt. */
  readonly now: number
  /**
   * When this transition, or the one that `parameters.transition` names, was last executed in this run; null for never.
   * Only for guards that need `last-executed`.
   */
  readonly lastExecutedAt?: number | null
  /** All approval requests of this run, newest first. Only for guards that need `approvals`. */
  readonly approvals?: readonly ApprovalRequest[]
  /**
   * The person behind an id; two accounts of one person give the same answer. Knows the ids in `approvals` and those of the
   * actor's party, and comes with `approvals`.
   */
  readonly identityClassOf?: (id: string) => string
}

/** What a guard answers; anything else is a failure. */
export interface GuardVerdict {
  readonly passed: boolean
  /** One sentence for a person; never quotes evidence. */
  readonly message?: string
  /** Counters to reserve if the transition commits. */
  readonly reserve?: readonly Reservation[]
}

/** A deterministic judge of one attempt. Throwing, timing out or answering anything else fails closed. */
export interface Guard {
  readonly contract: 'guard/v1'
  readonly id: string
  readonly description: string
  /** Facts that the engine must read from the ledger before it asks. */
  readonly needs?: readonly ('last-executed' | 'approvals')[]
  /** Problems of the parameters, found when a system is created. */
  readonly check?: (parameters: JsonObject) => readonly string[]
  evaluate(
    input: GuardInput,
    context: { readonly signal: AbortSignal },
  ): GuardVerdict | Promise<GuardVerdict>
}
