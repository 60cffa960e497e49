import {
  deepFreeze,
  digestOf,
  type ApprovalRequest,
  type GuardResult,
  type GuardSpec,
  type LoopInstance,
  type Reservation,
  type StoredEntry,
  type Transition,
} from '@loop-engine/core'
import type { GuardFacts, GuardsOutcome } from '@loop-engine/guards'

import type { Kernel } from '../kernel.ts'
import { actionOf } from './action.ts'
import { approvalNeeded, effectInput } from './attempt-expressions.ts'
import { admit } from './decide/admit.ts'
import { decide } from './decide/decide.ts'
import type { LoopIndex } from './decide/loop-index.ts'
import type { Refusal, Ruling, TransitionCommand, TransitionFacts } from './decide/ruling.ts'
import type { Evidence } from './evidence.ts'
import { guardsOf } from './guards-of.ts'
import { openRequest } from './open-request.ts'
import { readFacts } from './read-facts.ts'

/** One try of one transition against one version of a run. */
export interface Attempt {
  readonly kernel: Kernel
  readonly loop: LoopIndex
  readonly instance: LoopInstance
  readonly command: TransitionCommand
  readonly evidence: Evidence
  /** A refusal that was found before this attempt, such as an unverified identity or a full counter. */
  readonly refusal?: Refusal
  /** The approved request that this attempt executes. */
  readonly approved?: ApprovalRequest
  /** Where to report the end of the request that this attempt may open. */
  readonly callbackUrl?: string
  /** The change of which this attempt is a part; no store knows it yet. */
  readonly change?: Earlier
}

interface Earlier {
  readonly entries: readonly StoredEntry[]
  readonly approvals: readonly ApprovalRequest[]
}

export interface Judgement {
  readonly ruling: Ruling
  readonly reservations: readonly Reservation[]
  readonly guards: readonly GuardResult[]
  readonly request?: ApprovalRequest
}

const { isFrozen } = Object
const none: readonly never[] = Object.freeze([])

/** Gathers the facts and lets `decide` rule. Never writes; returns a promise only if something has to be awaited. */
export function judge(attempt: Attempt): Judgement | Promise<Judgement> {
  const { kernel, loop, instance, command, evidence, refusal } = attempt
  const base: Base = {
    at: kernel.clock.now(),
    durability: kernel.store.durability,
    evidence: evidence.digest,
    receiptTtlMs: kernel.limits.receiptTtlMs,
  }
  const isFinal = refusal !== undefined && refusal.overrun === undefined
  const admitted = isFinal ? { transition: null, refusal } : admit(loop, instance, command)
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
      : readFacts(attempt, transition, needs).then((facts) =>
          kernel.guards.evaluate({ ...guardFacts(attempt, transition, guards, base.at), ...facts }),
        )
  return verdicts instanceof Promise
    ? verdicts.then((outcome) => conclude(attempt, transition, base, outcome))
    : conclude(attempt, transition, base, verdicts)
}

type Base = Pick<TransitionFacts, 'at' | 'durability' | 'evidence' | 'receiptTtlMs'>

/** Freezes what guards see, so that no guard can change it for the next. What this process made is frozen already. */
function guardFacts(
  { instance, command, evidence, refusal }: Attempt,
  transition: Transition,
  guards: readonly GuardSpec[],
  now: number,
): GuardFacts {
  return {
    instance: isFrozen(instance) && isFrozen(instance.metadata) ? instance : deepFreeze(instance),
    transition,
    guards,
    actor: isFrozen(command.actor) ? command.actor : deepFreeze(command.actor),
    evidence: evidence.value,
    now,
    overrun: refusal?.overrun,
  }
}

/** Rules by the verdicts: blocks, asks for approval, or executes. */
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
    reservations: verdicts.reservations,
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

function blocked(
  { loop, instance, command, refusal }: Attempt,
  base: Base,
  guards: readonly GuardResult[],
  blockedBy: GuardResult,
): Judgement {
  const why = blockedBy.reason === 'limit' ? { refusal } : { blockedBy }
  return {
    ruling: decide(loop, instance, command, { ...base, guards, ...why }),
    reservations: none,
    guards,
  }
}
