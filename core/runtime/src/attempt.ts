import {
  digestOf,
  parseDuration,
  canonicalize,
  isLoopError,
  sha256Hex,
  type ApprovalRequest,
  type GuardResult,
  type GuardSpec,
  type JsonObject,
  type JsonValue,
  type LoopInstance,
  type Reservation,
  type StoredEntry,
  type Transition,
  type TransitionResult,
} from '@loop-engine/core'
import type { GuardFacts, GuardsOutcome } from '@loop-engine/guards'

import { renderView } from './approval-view.ts'
import type { Change } from './change.ts'
import {
  actionOf,
  admit,
  decide,
  type Order,
  type Refusal,
  type Ruling,
  type TransitionCommand,
  type TransitionFacts,
} from './decide.ts'
import type { Evidence } from './evidence.ts'
import type { Kernel } from './kernel.ts'
import type { LoopIndex } from './loop-index.ts'
import { guardsOf } from './loop-registry.ts'

/** One try of one transition against one version of a run. */
export interface Attempt {
  readonly kernel: Kernel
  readonly loop: LoopIndex
  readonly instance: LoopInstance
  readonly command: TransitionCommand
  readonly evidence: Evidence
  /** A refusal that was found before the run was looked at. */
  readonly refusal?: Refusal
  /** The approved request that this attempt executes. */
  readonly approved?: ApprovalRequest
}

export interface Judgement {
  readonly ruling: Ruling
  readonly reservations: readonly Reservation[]
  readonly guards: readonly GuardResult[]
  readonly request?: ApprovalRequest
}

const none: readonly never[] = Object.freeze([])

/** Gathers the facts and lets `decide` rule. Reads, never writes. At once when nobody has to be waited for. */
export function judge(attempt: Attempt): Judgement | Promise<Judgement> {
  const { kernel, loop, instance, command, evidence, refusal } = attempt
  const base: Base = {
    at: kernel.clock.now(),
    durability: kernel.store.durability,
    evidence: evidence.digest,
    receiptTtlMs: kernel.limits.receiptTtlMs,
  }
  const admitted = refusal ? { transition: null, refusal } : admit(loop, instance, command)
  if (admitted.refusal || !admitted.transition) {
    return {
      ruling: decide(loop, instance, command, { ...base, refusal, guards: none }),
      reservations: none,
      guards: none,
    }
  }
  const { transition } = admitted
  const guards = guardsOf(transition)
  const needs = kernel.guards.needs(guards)
  const verdicts =
    needs.size === 0
      ? kernel.guards.evaluate(guardFacts(attempt, transition, guards, base.at))
      : factsFor(kernel, instance, transition, needs).then((facts) =>
          kernel.guards.evaluate({ ...guardFacts(attempt, transition, guards, base.at), ...facts }),
        )
  return verdicts instanceof Promise
    ? verdicts.then((outcome) => conclude(attempt, transition, base, outcome))
    : conclude(attempt, transition, base, verdicts)
}

type Base = Pick<TransitionFacts, 'at' | 'durability' | 'evidence' | 'receiptTtlMs'>

function guardFacts(
  { instance, command, evidence }: Attempt,
  transition: Transition,
  guards: readonly GuardSpec[],
  now: number,
): GuardFacts {
  return { instance, transition, guards, actor: command.actor, evidence: evidence.value, now }
}

/** What follows from the verdicts: a block, a request for approval, or an execution. */
function conclude(
  attempt: Attempt,
  transition: Transition,
  base: Base,
  verdicts: GuardsOutcome,
): Judgement {
  const { loop, instance, command, evidence, approved } = attempt
  if (verdicts.blockedBy) return blocked(attempt, base, verdicts.results, verdicts.blockedBy)
  const effect = transition.effect ? effectInput(attempt, transition) : undefined
  if (effect && 'failed' in effect)
    return blocked(attempt, base, [...verdicts.results, effect.failed], effect.failed)
  const needsPeople =
    approved === undefined &&
    transition.approval !== undefined &&
    approvalNeeded(attempt, transition, base.at)
  const action =
    needsPeople || approved || effect
      ? digestOf(
          actionOf(
            instance,
            transition.id,
            evidence.digest?.digest ?? '',
            effect && transition.effect
              ? { ...transition.effect, inputDigest: effect.inputDigest }
              : null,
          ),
        )
      : undefined
  const request =
    needsPeople && action !== undefined
      ? openRequest(attempt, transition, base.at, action, effect?.value, verdicts.results)
      : undefined
  const ruling = decide(loop, instance, command, {
    ...base,
    guards: verdicts.results,
    actionDigest: action,
    effect: effect && { inputDigest: effect.inputDigest, input: effect.text },
    approved,
    request,
    policyDigest: request && digestOf(request.policy),
  })
  return {
    ruling,
    reservations: ruling.status === 'executed' ? verdicts.reservations : none,
    guards: verdicts.results,
    request,
  }
}

/** Appends the entry of a judgement, with its evidence and what it orders. */
export function record(
  change: Change,
  { ruling, request }: Judgement,
  evidence: Evidence,
  kernel: Kernel,
): StoredEntry {
  const entry = change.append(ruling.draft, evidence.sealed)
  for (const order of ruling.orders) enqueueOrder(change, order, entry.seq, entry.at)
  if (request) {
    change.upsert(request)
    enqueueApproval(change, request, kernel)
  }
  return entry
}

function blocked(
  { loop, instance, command }: Attempt,
  base: Base,
  guards: readonly GuardResult[],
  blockedBy: GuardResult,
): Judgement {
  return {
    ruling: decide(loop, instance, command, { ...base, guards, blockedBy }),
    reservations: none,
    guards,
  }
}

async function factsFor(
  kernel: Kernel,
  instance: LoopInstance,
  transition: Transition,
  needs: ReadonlySet<string>,
): Promise<Pick<GuardFacts, 'lastExecutedAt' | 'approvals'>> {
  const [lastExecutedAt, approvals] = await Promise.all([
    needs.has('last-executed') ? lastExecutions(kernel, instance, transition) : undefined,
    needs.has('approvals')
      ? kernel.store
          .approvals({ tenant: instance.tenant, runId: instance.runId, limit: 1000 })
          .then(({ items }) => items)
      : undefined,
  ])
  return { lastExecutedAt, approvals }
}

/** When each transition that a guard asks about was last executed in this run. */
async function lastExecutions(
  kernel: Kernel,
  instance: LoopInstance,
  transition: Transition,
): Promise<ReadonlyMap<string, number>> {
  const asked = new Set([transition.id])
  for (const guard of guardsOf(transition)) {
    const other = guard.with?.['transition']
    if (typeof other === 'string') asked.add(other)
  }
  const found = await Promise.all(
    [...asked].map(
      async (id) =>
        [id, (await kernel.store.lastExecuted(instance.tenant, instance.runId, id))?.at] as const,
    ),
  )
  return new Map(found.filter((pair): pair is readonly [string, number] => pair[1] !== undefined))
}

type EffectInput = {
  readonly value: JsonValue
  readonly text: string
  readonly inputDigest: string
}

/** The exact input of the effect. Its expressions see no clock, so that it is the same at request and at execution. */
function effectInput(
  { kernel, instance, command, evidence }: Attempt,
  { id, effect }: Transition,
): EffectInput | { failed: GuardResult } {
  try {
    const scope = {
      evidence: evidence.value,
      actor: command.actor,
      instance: scopeOf(instance),
      transition: { id },
    }
    const value: JsonValue = effect?.input
      ? Object.fromEntries(
          Object.entries(effect.input).map(([field, expression]) => [
            field,
            kernel.expressions.compile(expression, 'effect').evaluate(scope),
          ]),
        )
      : evidence.value
    const text = canonicalize(value)
    return { value, text, inputDigest: sha256Hex(text) }
  } catch (error) {
    if (!isLoopError(error)) throw error
    return {
      failed: {
        id: 'effect-input',
        use: 'effect-input',
        severity: 'hard',
        passed: false,
        reason: 'threw',
        message: 'The input of the effect could not be made from this evidence.',
        durationUs: 0,
      },
    }
  }
}

/** Whether policy asks for people. A condition that cannot be evaluated asks for them. */
function approvalNeeded(
  { kernel, instance, command, evidence }: Attempt,
  { id, approval }: Transition,
  now: number,
): boolean {
  if (!approval?.when) return true
  try {
    const scope = {
      evidence: evidence.value,
      actor: command.actor,
      instance: scopeOf(instance),
      transition: { id },
      now,
    }
    return kernel.expressions.compile(approval.when).evaluate(scope) !== false
  } catch (error) {
    if (!isLoopError(error)) throw error
    return true
  }
}

/** What expressions see of a run: nothing that another commit could change unnoticed. */
function scopeOf({
  tenant,
  loopId,
  aggregateId,
  currentState,
  metadata,
  tags,
}: LoopInstance): JsonObject {
  return { tenant, loopId, aggregateId, currentState, metadata, tags }
}

function openRequest(
  { loop, instance, command, evidence }: Attempt,
  transition: Transition,
  at: number,
  actionDigest: string,
  effectValue: JsonValue | undefined,
  guards: readonly GuardResult[],
): ApprovalRequest | undefined {
  const policy = transition.approval
  if (!policy) return undefined
  const expiresAt = at + parseDuration(policy.expiresIn)
  const view = renderView({
    loop,
    instance,
    transition,
    requester: command.actor,
    evidence: evidence.value,
    effectInput: effectValue,
    guards,
    policy,
    expiresAt,
  })
  return {
    id: `${instance.runId}:${instance.version + 1}`,
    tenant: instance.tenant,
    loopId: instance.loopId,
    aggregateId: instance.aggregateId,
    runId: instance.runId,
    transitionId: transition.id,
    requester: command.actor,
    revision: 1,
    stateVersion: instance.stateVersion,
    evidence: evidence.value,
    salt: evidence.sealed?.salt ?? '',
    actionDigest,
    view,
    viewHash: digestOf(view),
    policy,
    stage: 0,
    decisions: [],
    delegations: [],
    escalated: [],
    status: 'pending',
    messages: {},
    guards,
    createdAt: at,
    expiresAt,
    decidedAt: null,
    executedBy: null,
  }
}

/** Puts what an entry orders into the same commit. */
export function enqueueOrder(change: Change, order: Order, seq: number, at: number): void {
  const runId = change.instance?.runId ?? ''
  switch (order.kind) {
    case 'effect':
      return change.enqueue({
        id: order.effect.id,
        lane: `effect:${runId}`,
        kind: 'effect',
        name: order.effect.integration,
        payload: order.input,
        dueAt: at,
      })
    case 'cancel-timeout':
      return change.cancel(stateTimer(runId, order.stateVersion))
    case 'state-timeout': {
      const id = stateTimer(runId, seq)
      return change.enqueue({
        id,
        lane: id,
        kind: 'timer',
        name: 'state-timeout',
        payload: JSON.stringify({ transition: order.transition, stateVersion: seq }),
        dueAt: at + parseDuration(order.after),
      })
    }
  }
}

/** The id of the timer of a state that was entered with this entry; deterministic, so that leaving can cancel it. */
function stateTimer(runId: string, stateVersion: number): string {
  return `${runId}:${stateVersion}:timeout`
}

/** Tells the channels, and sets the timers of a request. */
function enqueueApproval(change: Change, request: ApprovalRequest, kernel: Kernel): void {
  const { policy, createdAt } = request
  enqueueNotices(change, request, 'requested', kernel)
  const timer = (name: string, dueAt: number, index = 0): void => {
    const id = approvalTimer(request.id, name, index)
    change.enqueue({
      id,
      lane: id,
      kind: 'timer',
      name,
      payload: JSON.stringify({ requestId: request.id, index }),
      dueAt,
    })
  }
  timer('approval-expiry', request.expiresAt)
  if (policy.remindEvery)
    timer('approval-reminder', createdAt + parseDuration(policy.remindEvery), 1)
  policy.escalate?.forEach(({ after }, index) =>
    timer('approval-escalation', createdAt + parseDuration(after), index),
  )
}

/** The id of a request's timer; deterministic, so that it can be cancelled with the request. */
export function approvalTimer(requestId: string, name: string, index = 0): string {
  return `${requestId}:${name}:${index}`
}

/** Every channel that the policy names (all of them when it names none) hears of each change of a request, in order. */
export function enqueueNotices(
  change: Change,
  request: ApprovalRequest,
  occasion: string,
  kernel: Kernel,
): void {
  const names = request.policy.channels ?? [...kernel.channels.keys()]
  for (const name of names) {
    change.enqueue({
      id: `${request.id}:${name}:${occasion}:${change.instance?.version ?? 0}`,
      lane: `notify:${name}:${request.id}`,
      kind: 'notify',
      name,
      payload: JSON.stringify({ requestId: request.id, occasion }),
      dueAt: change.instance?.updatedAt ?? request.createdAt,
    })
  }
}

/** The public answer of a judgement that was committed. */
export function resultOf(
  { ruling, guards, request }: Judgement,
  entry: StoredEntry,
  after: LoopInstance,
  command: TransitionCommand,
): TransitionResult {
  const { draft } = ruling
  const common = {
    aggregateId: after.aggregateId,
    runId: after.runId,
    transitionId: ruling.transition?.id ?? command.transitionId,
    guards,
    instance: after,
  }
  switch (ruling.status) {
    case 'executed':
      return {
        ...common,
        status: 'executed',
        fromState: draft.fromState ?? '',
        toState: draft.toState ?? '',
        receipt: {
          tenant: after.tenant,
          runId: after.runId,
          aggregateId: after.aggregateId,
          seq: entry.seq,
          entry: entry.hash,
          transitionId: common.transitionId,
          ...(draft.actionDigest !== undefined && { actionDigest: draft.actionDigest }),
          expiresAt: draft.receiptExpiresAt ?? 0,
        },
      }
    case 'pending_approval':
      return {
        ...common,
        status: 'pending_approval',
        approvalId: request?.id ?? '',
        expiresAt: request?.expiresAt ?? 0,
      }
    case 'guard_failed':
      return { ...common, status: 'guard_failed', reason: ruling.reason ?? 'guard' }
    case 'rejected':
      return {
        ...common,
        status: 'rejected',
        reason: (ruling.reason ?? 'unknown_transition') as Refusal['reason'],
        message: ruling.message ?? '',
      }
  }
}
