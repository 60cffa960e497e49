import { parseDuration, type JsonObject } from '@loop-engine/core'
import type { LoopEngine } from '@loop-engine/sdk'

import { textOf } from '../fields.ts'
import type { ModelWitness } from '../models/model-witness.ts'
import { createJudge, refusal, type Attempt } from './call-judge.ts'
import { createCallLedger } from './call-ledger.ts'
import { outcomeOf, type CallOutcome } from './call-outcome.ts'
import { inputOf, readCall, type CallRecord, type Licence } from './call-record.ts'
import { readOutcome } from './read-outcome.ts'
import { runLicensed, type Runner, type Settled } from './run-licensed.ts'
import { defaultLostAfter } from './tool-policy.ts'

/** Of the reason of a decline; as much as the engine takes of other reasons. */
const longestReason = 4096

/** Decides and runs governed calls; the ledger is its only memory that matters. */
export interface Governor {
  /** Puts a call on record without judging it. */
  open(attempt: Attempt): Promise<void>
  /** Judges a call without running it; `undefined` when it may run. */
  judge(attempt: Attempt): Promise<CallOutcome | undefined>
  /** Judges a call and, if it may, runs it: once. */
  settle(attempt: Attempt, runner: Runner): Promise<Settled>
  /** Somebody in the conversation declined: what waits is withdrawn. */
  withdraw(attempt: Attempt, why: string | undefined): Promise<void>
}

export interface GovernorOptions {
  readonly engine: LoopEngine
  readonly tenant: string
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Under `strict`: a call comes on record only if a governed model asked for it. */
  readonly witness?: Pick<ModelWitness, 'take'>
}

export function createGovernor({ engine, tenant, now, witness }: GovernorOptions): Governor {
  const ledger = createCallLedger(engine, tenant)
  const judge = createJudge({ engine, ledger, now, witness })
  const running = new Map<string, Promise<Settled>>()

  return {
    open: (attempt) => judge.open(attempt),

    async judge(attempt) {
      return (await judge.leave(attempt)).outcome
    },

    async settle(attempt, runner) {
      const { aggregateId } = attempt.call
      const { licence, record, outcome } = await judge.leave(attempt)
      if (outcome) return { outcome }
      // Two requests of one process may replay the same call: both get the one result.
      const run = running.get(aggregateId) ?? runAndLook(attempt, licence, record, runner)
      running.set(aggregateId, run)
      try {
        return await run
      } finally {
        running.delete(aggregateId)
        judge.forget(aggregateId)
      }
    },

    async withdraw({ call, governed }, why) {
      const instance = await ledger.find(call.aggregateId)
      const phase = instance && governed.loop.phaseOf(instance.currentState)
      if (phase !== 'requested' || !governed.loop.has('withdraw')) return
      // Whatever a browser sent as the reason: a decline counts.
      const reason = textOf(why, longestReason) ?? 'declined'
      await ledger.step(call, 'withdraw', { reason }, call.actor)
    },
  }

  /** The receipt may have been spent by somebody who has the result already. */
  async function runAndLook(
    attempt: Attempt,
    licence: Licence,
    record: CallRecord | undefined,
    runner: Runner,
  ): Promise<Settled> {
    const settled = await runOnce(attempt, licence, record, runner)
    if (settled.outcome.status !== 'executing') return settled
    const { call, governed } = attempt
    const instance = await ledger.find(call.aggregateId)
    if (!instance) return settled
    const outcome = readOutcome(call, governed.loop, await readCall(engine, instance), now())
    return outcome ? { outcome } : settled
  }

  async function runOnce(
    { call, governed, input: given }: Attempt,
    licence: Licence,
    record: CallRecord | undefined,
    runner: Runner,
  ): Promise<Settled> {
    const { loop, policy } = governed
    const { idempotent = false, lostAfter = defaultLostAfter } = policy
    const job = { engine, ledger, call, loop, idempotent, record, given, runner }
    if (record?.begunAt === undefined) return runLicensed({ ...job, licence })

    const facts = { input: inputOf(licence.evidence) }
    if (now() - record.begunAt < parseDuration(lostAfter))
      return { outcome: outcomeOf(call, 'executing', facts) }
    if (!idempotent || !loop.has('retry')) {
      const reason = 'no_result'
      await ledger.step(call, 'lose', { reason })
      return { outcome: outcomeOf(call, 'unknown', { ...facts, reason }) }
    }
    const evidence: JsonObject = licence.evidence ?? {}
    const again = await ledger.step(call, 'retry', evidence)
    if (again.status !== 'executed') return refusal(call, again.status, 'it may not run again.')
    return runLicensed({ ...job, licence: { receipt: again.receipt, evidence } })
  }
}
