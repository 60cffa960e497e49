import {
  isRecord,
  withTimeout,
  type Actor,
  type ApprovalRequest,
  type Clock,
  type GuardInput,
  type GuardResult,
  type GuardSpec,
  type JsonObject,
  type LoopInstance,
  type ObservedGuard,
  type Reservation,
  type Telemetry,
  type Transition,
} from '@loop-engine/core'

import type { Expressions } from '../expressions/expressions.ts'
import type { GuardRegistry } from '../registry.ts'
import { answerOf, failed, type Answer } from './guard-answer.ts'
import { createLateSignal, type LateSignal } from './late-signal.ts'
import { prepareGuard, type GuardNeed, type PreparedGuard } from './prepare-guard.ts'

/** A value, or a promise if something had to be awaited: a value that is known at once costs no tick. */
export type MaybePromise<T> = T | Promise<T>

/** One attempt, as guards see it. */
export interface GuardFacts {
  readonly instance: LoopInstance
  readonly transition: Transition
  /** The guards that judge; those of the transition by default. */
  readonly guards?: readonly GuardSpec[]
  readonly actor: Actor
  readonly evidence: JsonObject
  /** The time of judgement, epoch milliseconds. */
  readonly now: number
  /** When transitions of this run were last executed, by transition id. */
  readonly lastExecutedAt?: ReadonlyMap<string, number>
  /** The approval requests of this run, newest first. */
  readonly approvals?: readonly ApprovalRequest[]
  /** The person behind an id; see `GuardInput`. */
  readonly identityClassOf?: (id: string) => string
  /** Counters that were full when this attempt was committed before: guards that reserve them fail. */
  readonly overrun?: readonly string[]
}

export interface GuardsOutcome {
  /** One for each guard, in the order of the definition. */
  readonly results: readonly GuardResult[]
  /** What the guards that passed reserve; empty if the attempt is blocked. */
  readonly reservations: readonly Reservation[]
  /** The first hard guard that did not pass. */
  readonly blockedBy: GuardResult | null
}

export interface GuardEvaluator {
  /** Facts that have to be read before `evaluate`. */
  needs(guards: readonly GuardSpec[]): ReadonlySet<GuardNeed>
  /**
   * Asks every guard, even after one has failed. Never throws: a guard that throws, is late, is unknown or answers nonsense
   * has failed. Synchronous if all guards are.
   */
  evaluate(facts: GuardFacts): MaybePromise<GuardsOutcome>
}

export interface GuardEvaluatorOptions {
  readonly registry: GuardRegistry
  readonly expressions: Expressions
  readonly clock: Clock
  readonly timeoutMs?: number
  /** A monotonic time in microseconds. Durations are recorded as 0 without it, so that replay is exact. */
  readonly elapsedUs?: () => number
  readonly telemetry?: Telemetry
}

interface Prepared {
  readonly guards: readonly PreparedGuard[]
  readonly needs: ReadonlySet<GuardNeed>
}

const nothing: readonly never[] = Object.freeze([])

export function createGuardEvaluator({
  registry,
  expressions,
  clock,
  timeoutMs = 2000,
  elapsedUs = () => 0,
  telemetry,
}: GuardEvaluatorOptions): GuardEvaluator {
  const prepared = new WeakMap<readonly GuardSpec[], Prepared>()

  return {
    needs: (guards) => prepare(guards).needs,
    evaluate(facts) {
      const late = createLateSignal()
      const { guards } = prepare(facts.guards ?? facts.transition.guards)
      const answers = telemetry
        ? guards.map((guard) =>
            telemetry.guard(aboutOf(guard, facts), () => ask(guard, facts, late)),
          )
        : guards.map((guard) => ask(guard, facts, late))
      return areSettled(answers) ? outcomeOf(answers) : settle(answers).then(outcomeOf)
    },
  }

  function prepare(specs: readonly GuardSpec[]): Prepared {
    let known = prepared.get(specs)
    if (!known) {
      const guards = specs.map((spec) => prepareGuard(spec, registry, expressions))
      known = { guards, needs: new Set(guards.flatMap(({ needs }) => needs)) }
      prepared.set(specs, known)
    }
    return known
  }

  function ask(prepared: PreparedGuard, facts: GuardFacts, late: LateSignal): MaybePromise<Answer> {
    const { guard } = prepared
    if (guard === undefined) {
      return failed(prepared, 'unknown_guard', 'This system has no such guard.', 0)
    }
    const startUs = elapsedUs()
    const took = (): number => Math.max(0, Math.round(elapsedUs() - startUs))
    const threw = (): Answer => failed(prepared, 'threw', 'The guard could not judge.', took())
    // Reading the answer may throw too, because it is an object of the guard.
    try {
      const verdict: unknown = guard.evaluate(inputFor(prepared, facts), late)
      if (!isThenable(verdict)) return answerOf(prepared, verdict, took(), facts.overrun)
      return withTimeout(Promise.resolve(verdict), { clock, timeoutMs })
        .then((settled) => {
          if (settled !== 'late') return answerOf(prepared, settled.value, took(), facts.overrun)
          late.controller?.abort()
          return failed(prepared, 'timed_out', 'The guard did not answer in time.', took())
        })
        .catch(threw)
    } catch {
      return threw()
    }
  }
}

function aboutOf({ recorded }: PreparedGuard, { instance, transition }: GuardFacts): ObservedGuard {
  return { loopId: instance.loopId, transitionId: transition.id, id: recorded.id }
}

function inputFor(
  { recorded, parameters, needs, asksAbout }: PreparedGuard,
  facts: GuardFacts,
): GuardInput {
  const { instance, transition, actor, evidence, now } = facts
  const guardId = recorded.id
  const input = { instance, transition, actor, evidence, guardId, parameters, now }
  if (needs.length === 0) return input
  return {
    ...input,
    ...(needs.includes('last-executed') && {
      lastExecutedAt: facts.lastExecutedAt?.get(asksAbout ?? transition.id) ?? null,
    }),
    ...(needs.includes('approvals') && {
      approvals: facts.approvals ?? nothing,
      identityClassOf: facts.identityClassOf,
    }),
  }
}

function outcomeOf(answers: readonly Answer[]): GuardsOutcome {
  const results = answers.map(({ result }) => result)
  const blockedBy = results.find(({ passed, severity }) => !passed && severity === 'hard') ?? null
  let reservations: readonly Reservation[] = nothing
  if (blockedBy === null) {
    for (const { reserve } of answers) if (reserve) reservations = [...reservations, ...reserve]
  }
  return { results, reservations, blockedBy }
}

function areSettled(answers: readonly MaybePromise<Answer>[]): answers is readonly Answer[] {
  return !answers.some((answer) => answer instanceof Promise)
}

function settle(answers: readonly MaybePromise<Answer>[]): Promise<Answer[]> {
  return Promise.all(answers.map(async (answer) => answer))
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return isRecord(value) && typeof value['then'] === 'function'
}
