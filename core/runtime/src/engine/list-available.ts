import { type Actor, type Reservation } from '@loop-engine/core'

import { checkFields } from '../check-input.ts'
import { judge } from '../judging/attempt.ts'
import { admit } from '../judging/decide/admit.ts'
import { evidenceOf } from '../judging/evidence.ts'
import type { Kernel } from '../kernel.ts'
import { scopesOf } from '../recording/change-scopes.ts'
import { overLimit } from '../recording/refused-by.ts'
import type { Target } from './engine-input.ts'

/** A transition that leaves the current state, and whether the actor may take it. */
export interface AvailableTransition {
  readonly transitionId: string
  readonly signal: string
  readonly to: string
  readonly allowed: boolean
  readonly needsApproval: 'never' | 'always' | 'depends'
  /** Why not: rejection reasons, or the ids of the hard guards that do not pass with this evidence. */
  readonly reasons: readonly string[]
}

/** What an actor may do now, without doing it. */
export async function listAvailable(
  kernel: Kernel,
  input: Target & { actor: Actor; evidence?: object },
): Promise<readonly AvailableTransition[]> {
  checkFields('engine.available', input, ['aggregateId'])
  const { tenant = 'default', aggregateId } = input
  const instance = await kernel.runs.load(tenant, aggregateId, true)
  const loop = await kernel.loops.pinned(instance.definition.digest)
  const admission = kernel.identity.admit(input.actor)
  const evidence = evidenceOf(kernel, input.evidence)
  const scopes = scopesOf(instance, admission.actor)
  const isStopped = (await kernel.store.stops()).some(({ scope }) => scopes.includes(scope))
  const leaving = loop.from.get(instance.currentState) ?? []
  return Promise.all(
    leaving.map(async (candidate): Promise<AvailableTransition> => {
      const command = { transitionId: candidate.id, actor: admission.actor }
      const reasons: string[] = []
      if (admission.refused) reasons.push(admission.refused)
      if (isStopped) reasons.push('stopped')
      const { refusal } = admit(loop, instance, command)
      if (refusal) reasons.push(refusal.reason)
      else {
        const attempt = { kernel, loop, instance, command, evidence }
        const judged = await judge(attempt)
        const overrun = await overrunBy(kernel, tenant, judged.reservations)
        const { ruling, guards } =
          overrun.length === 0 ? judged : await judge({ ...attempt, refusal: overLimit(overrun) })
        if (ruling.status === 'rejected') reasons.push('limit_reached')
        if (ruling.status === 'guard_failed')
          reasons.push(
            ...guards
              .filter(({ passed, severity }) => !passed && severity === 'hard')
              .map(({ id }) => id),
          )
      }
      return {
        transitionId: candidate.id,
        signal: candidate.signal,
        to: candidate.to,
        allowed: reasons.length === 0,
        needsApproval: candidate.approval
          ? candidate.approval.when
            ? 'depends'
            : 'always'
          : 'never',
        reasons,
      }
    }),
  )
}

/** The counters that these reservations would overrun now. */
async function overrunBy(
  { store }: Kernel,
  tenant: string,
  reservations: readonly Reservation[],
): Promise<readonly string[]> {
  const sums = new Map<string, number>()
  const overrun: string[] = []
  for (const { key, bucket, amount, limit } of reservations) {
    const counter = `${bucket}:${key}`
    const used = sums.get(counter) ?? (await store.counter(tenant, key, bucket))
    if (used + amount > limit) overrun.push(key)
    sums.set(counter, used + amount)
  }
  return overrun
}
