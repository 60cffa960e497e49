import { parseDuration } from '@loop-engine/core'

import { textOf } from '../fields.ts'
import { createJudge, refusal, type Attempt, type JudgeOptions, type Leave } from './call-judge.ts'
import { createCallLedger } from './call-ledger.ts'
import { outcomeOf, type CallOutcome } from './call-outcome.ts'
import { inputFacts, readCall } from './call-record.ts'
import { readOutcome } from './read-outcome.ts'
import { runLicensed, type Runner, type Settled } from './run-licensed.ts'
import { defaultLostAfter } from './tool-policy.ts'

/**
 * How much of the reason of a decline is recorded, in UTF-16 units; the engine has the same limit for other reasons.
 */
const longestReason = 4096

/** Judges and runs governed calls. All state that matters is in the ledger. */
export interface Governor {
  /** Puts a call on record without judging it. */
  open(attempt: Attempt): Promise<void>
  /** Judges a call without running it; `undefined` if it may run. */
  judge(attempt: Attempt): Promise<CallOutcome | undefined>
  /** Judges a call, and runs it once if it may run. */
  settle(attempt: Attempt, runner: Runner): Promise<Settled>
  /** Withdraws a call that has not begun, because somebody in the conversation declined it. */
  withdraw(attempt: Attempt, why: string | undefined): Promise<void>
}

export interface GovernorOptions extends Omit<JudgeOptions, 'ledger'> {
  readonly tenant: string
}

export function createGovernor({ engine, tenant, clock, witness }: GovernorOptions): Governor {
  const ledger = createCallLedger(engine, tenant)
  const judge = createJudge({ engine, ledger, clock, witness })
  const running = new Map<string, Promise<Settled>>()

  return {
    open: (attempt) => judge.open(attempt),

    async judge(attempt) {
      return (await judge.leave(attempt)).outcome
    },

    async settle(attempt, runner) {
      const { aggregateId } = attempt.call
      const leave = await judge.leave(attempt)
      if (leave.outcome) return { outcome: leave.outcome }
      // Two requests of one process may replay the same call: both get the same result.
      const run = running.get(aggregateId) ?? runAndLook(attempt, leave, runner)
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
      // A decline counts, whatever the browser sent as its reason.
      const reason = textOf(why, longestReason) ?? 'declined'
      await ledger.step(call, 'withdraw', { reason }, call.actor)
    },
  }

  /** Runs the call. If somebody else spent the receipt first, looks for their result in the ledger. */
  async function runAndLook(attempt: Attempt, leave: Leave, runner: Runner): Promise<Settled> {
    const settled = await runOnce(attempt, leave, runner)
    if (settled.outcome.status !== 'executing') return settled
    const { call, governed } = attempt
    const instance = await ledger.find(call.aggregateId)
    if (!instance) return settled
    const outcome = readOutcome(call, governed.loop, await readCall(engine, instance), clock.now())
    return outcome ? { outcome } : settled
  }

  async function runOnce(
    { call, governed, input: given }: Attempt,
    { licence, record }: Leave,
    runner: Runner,
  ): Promise<Settled> {
    const { loop, policy } = governed
    const { idempotent = false, lostAfter = defaultLostAfter } = policy
    const facts = inputFacts(record?.asked ?? null, licence.evidence)
    const job = { engine, ledger, call, loop, idempotent, facts, given, runner }
    if (record?.begunAt === undefined) return runLicensed({ ...job, licence })
    if (clock.now() - record.begunAt < parseDuration(lostAfter))
      return { outcome: outcomeOf(call, 'executing', facts) }
    if (!idempotent || !loop.has('retry')) {
      const reason = 'no_result'
      await ledger.step(call, 'lose', { reason })
      return { outcome: outcomeOf(call, 'unknown', { ...facts, reason }) }
    }
    const again = await ledger.step(call, 'retry', licence.evidence)
    if (again.status !== 'executed') return refusal(call, again.status, 'it may not run again.')
    return runLicensed({ ...job, licence: { ...licence, receipt: again.receipt } })
  }
}
