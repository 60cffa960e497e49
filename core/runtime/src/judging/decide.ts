import type {
  Actor,
  ApprovalRequest,
  Durability,
  EntryDraft,
  GuardResult,
  InstanceStatus,
  JsonObject,
  LoopInstance,
  RejectionReason,
  Transition,
} from '@loop-engine/core'

import type { LoopIndex } from './loop-index.ts'

/**
 * The one place where a transition is judged. Everything here is pure: no clock, no I/O, no randomness, no Node
 * module. What depends on the world (time, hashes, guard verdicts) comes in as facts.
 */

/** What somebody asks of a run. */
export interface TransitionCommand {
  /** A transition id, or a signal that is open in the current state. */
  readonly transitionId: string
  readonly actor: Actor
  readonly idempotencyKey?: string
  readonly correlationId?: string
  readonly traceparent?: string
}

export interface Refusal {
  readonly reason: RejectionReason
  readonly message: string
  /** Counters that the commit found full. Guards judge again: a hard one is refused for this reason, a soft one warns. */
  readonly overrun?: readonly string[] | undefined
}

/** What the world looked like when the command was judged. */
export interface TransitionFacts {
  /** Epoch milliseconds. */
  readonly at: number
  readonly durability: Durability
  /** A refusal that was found outside: identity, a stop, evidence that does not fit its schema. */
  readonly refusal?: Refusal
  readonly guards: readonly GuardResult[]
  /** The hard guard that did not pass. */
  readonly blockedBy?: GuardResult
  readonly evidence?: { readonly digest: string; readonly bytes: number }
  /** SHA-256 of the action; needed when it waits for approval or has an effect. */
  readonly actionDigest?: string
  /** The input of the effect, evaluated. */
  readonly effect?: { readonly inputDigest: string; readonly input: string }
  /** The request to open, when policy says that this attempt needs people. */
  readonly request?: ApprovalRequest
  readonly policyDigest?: string
  /** The request that was approved, when this is its execution. */
  readonly approved?: ApprovalRequest
  /** How long the licence of an execution is valid. */
  readonly receiptTtlMs: number
}

export interface EffectOrder {
  readonly kind: 'effect'
  readonly effect: NonNullable<EntryDraft['effect']>
  readonly input: string
}
export interface TimerOrder {
  readonly kind: 'state-timeout'
  readonly transition: string
  readonly after: string
}
/** The timeout of the state that the run leaves is no longer wanted. */
export interface CancelOrder {
  readonly kind: 'cancel-timeout'
  readonly stateVersion: number
}
/** What to enqueue with the entries. */
export type Order = EffectOrder | TimerOrder | CancelOrder

export interface Ruling {
  readonly status: 'executed' | 'pending_approval' | 'guard_failed' | 'rejected'
  readonly transition: Transition | null
  readonly reason?: string
  readonly message?: string
  readonly draft: EntryDraft
  readonly orders: readonly Order[]
}

const nothing: readonly never[] = Object.freeze([])

/** Whether the command is legal at all: state, signal, actor. Guards are only asked when it is. */
export function admit(
  loop: LoopIndex,
  instance: LoopInstance,
  command: TransitionCommand,
):
  | { readonly transition: Transition; readonly refusal?: undefined }
  | { readonly transition: Transition | null; readonly refusal: Refusal } {
  const found = resolve(loop, instance, command.transitionId)
  if (found.refusal) return found
  const { transition } = found
  const { actor } = command
  if (!transition.actors.includes(actor.type)) {
    return refuse(
      transition,
      'actor_type_not_allowed',
      `An actor of type ${actor.type} may not take this transition.`,
    )
  }
  if (transition.roles && !transition.roles.some((role) => actor.roles?.includes(role))) {
    return refuse(
      transition,
      'role_missing',
      'The actor has none of the roles that this transition asks for.',
    )
  }
  if (
    loop.definition.maxTransitions !== undefined &&
    instance.transitions >= loop.definition.maxTransitions
  ) {
    return refuse(
      transition,
      'max_transitions',
      'The run has executed as many transitions as its definition allows.',
    )
  }
  return found
}

/** Judges one attempt: executes, asks for approval, or refuses. Always yields exactly one entry. */
export function decide(
  loop: LoopIndex,
  instance: LoopInstance,
  command: TransitionCommand,
  facts: TransitionFacts,
): Ruling {
  const { transition, refusal = facts.refusal } = admit(loop, instance, command)
  if (refusal || !transition) {
    return {
      status: 'rejected',
      transition,
      reason: refusal?.reason,
      message: refusal?.message,
      draft: attemptDraft(instance, command, facts, transition, {
        type: 'loop.transition.rejected',
        reason: refusal?.reason,
        message: refusal?.message,
      }),
      orders: nothing,
    }
  }
  if (facts.blockedBy) {
    const reason = facts.blockedBy.id
    return {
      status: 'guard_failed',
      transition,
      reason,
      draft: attemptDraft(instance, command, facts, transition, {
        type: 'loop.transition.blocked',
        reason,
      }),
      orders: nothing,
    }
  }
  if (facts.request) return askForApproval(instance, command, facts, transition, facts.request)
  return execute(loop, instance, command, facts, transition)
}

function askForApproval(
  instance: LoopInstance,
  command: TransitionCommand,
  facts: TransitionFacts,
  transition: Transition,
  request: ApprovalRequest,
): Ruling {
  return {
    status: 'pending_approval',
    transition,
    draft: attemptDraft(instance, command, facts, transition, {
      type: 'loop.approval.requested',
      actionDigest: request.actionDigest,
      approval: {
        id: request.id,
        revision: request.revision,
        viewHash: request.viewHash,
        policyDigest: facts.policyDigest,
        expiresAt: request.expiresAt,
      },
    }),
    orders: nothing,
  }
}

function execute(
  loop: LoopIndex,
  instance: LoopInstance,
  command: TransitionCommand,
  facts: TransitionFacts,
  transition: Transition,
): Ruling {
  const target = loop.states.get(transition.to)
  const status: InstanceStatus | undefined = target?.terminal
    ? target.error
      ? 'failed'
      : 'completed'
    : undefined
  const orders: Order[] = []
  let effect: EntryDraft['effect']
  if (transition.effect && facts.effect) {
    effect = {
      id: `${instance.runId}:${instance.version + 1}:effect`,
      integration: transition.effect.integration,
      action: transition.effect.action,
      semantics: transition.effect.semantics,
      inputDigest: facts.effect.inputDigest,
    }
    orders.push({ kind: 'effect', effect, input: facts.effect.input })
  }
  if (loop.states.get(transition.from)?.timeout) {
    orders.push({ kind: 'cancel-timeout', stateVersion: instance.stateVersion })
  }
  if (target?.timeout)
    orders.push({
      kind: 'state-timeout',
      transition: target.timeout.transition,
      after: target.timeout.after,
    })
  const { approved } = facts
  return {
    status: 'executed',
    transition,
    draft: attemptDraft(instance, command, facts, transition, {
      type: 'loop.transition.executed',
      toState: transition.to,
      status,
      actionDigest: facts.actionDigest,
      effect,
      receiptExpiresAt: facts.at + facts.receiptTtlMs,
      approval: approved && {
        id: approved.id,
        revision: approved.revision,
        viewHash: approved.viewHash,
        reviewers: approved.decisions
          .filter(
            ({ decision, revision }) =>
              revision === approved.revision && (decision === 'approve' || decision === 'edit'),
          )
          .map(({ reviewer }) => reviewer.id),
      },
    }),
    orders,
  }
}

/** The draft of an attempt; absent facts leave no key, so that the canonical form stays small. */
function attemptDraft(
  instance: LoopInstance,
  command: TransitionCommand,
  facts: TransitionFacts,
  transition: Transition | null,
  own: Pick<
    EntryDraft,
    | 'type'
    | 'toState'
    | 'status'
    | 'actionDigest'
    | 'approval'
    | 'effect'
    | 'receiptExpiresAt'
    | 'reason'
    | 'message'
  >,
): EntryDraft {
  const draft: Record<string, unknown> = {
    tenant: instance.tenant,
    loopId: instance.loopId,
    aggregateId: instance.aggregateId,
    runId: instance.runId,
    type: own.type,
    at: facts.at > instance.updatedAt ? facts.at : instance.updatedAt,
    durability: facts.durability,
    definition: instance.definition.digest,
    actor: command.actor,
    transitionId: transition ? transition.id : command.transitionId,
    fromState: instance.currentState,
  }
  if (own.toState !== undefined) draft['toState'] = own.toState
  if (own.status !== undefined) draft['status'] = own.status
  if (facts.guards.length > 0) draft['guards'] = facts.guards
  if (facts.evidence) draft['evidence'] = facts.evidence
  if (own.actionDigest !== undefined) draft['actionDigest'] = own.actionDigest
  if (own.approval) draft['approval'] = withoutUndefined(own.approval)
  if (own.effect) draft['effect'] = own.effect
  if (own.receiptExpiresAt !== undefined) draft['receiptExpiresAt'] = own.receiptExpiresAt
  if (own.reason !== undefined) draft['reason'] = own.reason
  if (own.message !== undefined) draft['message'] = own.message
  if (command.idempotencyKey !== undefined) draft['idempotencyKey'] = command.idempotencyKey
  const correlationId = command.correlationId ?? instance.correlationId
  if (correlationId !== null && correlationId !== undefined) draft['correlationId'] = correlationId
  if (command.traceparent !== undefined) draft['traceparent'] = command.traceparent
  return draft as unknown as EntryDraft
}

function resolve(
  loop: LoopIndex,
  instance: LoopInstance,
  idOrSignal: string,
):
  | { transition: Transition; refusal?: undefined }
  | { transition: Transition | null; refusal: Refusal } {
  const byId = loop.transitions.get(idOrSignal)
  if (instance.status === 'suspended')
    return refuse(byId ?? null, 'suspended', 'The run is suspended.')
  if (instance.status !== 'active')
    return refuse(byId ?? null, 'final', `The run is ${instance.status}; nothing follows that.`)
  if (byId && byId.from === instance.currentState) return { transition: byId }
  const open = loop.from.get(instance.currentState)?.find(({ signal }) => signal === idOrSignal)
  if (open) return { transition: open }
  if (byId)
    return refuse(
      byId,
      'not_from_this_state',
      `The transition leaves ${byId.from}; the run is in ${instance.currentState}.`,
    )
  return refuse(
    null,
    'unknown_transition',
    'The loop has no such transition, and no such signal is open.',
  )
}

function refuse(
  transition: Transition | null,
  reason: RejectionReason,
  message: string,
): { transition: Transition | null; refusal: Refusal } {
  return { transition, refusal: { reason, message } }
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T
}

/** The digestible form of what would run; its SHA-256 is the action digest. */
export function actionOf(
  instance: LoopInstance,
  transitionId: string,
  evidenceDigest: string,
  effect: {
    readonly integration: string
    readonly action: string
    readonly inputDigest: string
  } | null,
): JsonObject {
  return {
    tenant: instance.tenant,
    runId: instance.runId,
    stateVersion: instance.stateVersion,
    definition: instance.definition.digest,
    transitionId,
    evidence: evidenceDigest,
    effect: effect && {
      integration: effect.integration,
      action: effect.action,
      inputDigest: effect.inputDigest,
    },
  }
}
