import {
  allEnded,
  approvalsOpenedBy,
  isOpen,
  type ApprovalRequest,
  type LedgerEntry,
  type LoopInstance,
  type LoopStore,
  type OutboxItem,
} from '@loop-engine/core'
import {
  approvalTimer,
  isAsRecorded,
  requestsOfRun,
  stateTimer,
  timerActor,
  type LoopIndex,
} from '@loop-engine/runtime'

import type { VerifyFault } from './fault.ts'

export type BesideRecord = Pick<
  LoopStore,
  'approval' | 'approvals' | 'delivery' | 'find' | 'getRun' | 'lastExecuted'
>

/** What the record of a run leaves open. A store must keep it beside the record, or nothing will ever come of it. */
interface OpenEnds {
  /** Takes the next entry, in order. */
  follow(entry: LedgerEntry): void
  /** The first open end that the store does not have; null also if the run has moved since it was read. */
  missing(
    store: BesideRecord,
    instance: LoopInstance,
    loop: LoopIndex | null,
  ): Promise<VerifyFault | null>
}

/** The entry that leaves it open, and what is wrong. */
type OpenEnd = readonly [seq: number, message: string]

/** Whether an item of this id, kind and name is in the outbox for the run. */
type Waits = (id: string, kind: OutboxItem['kind'], name: string) => Promise<boolean>

const escalation = 'approval-escalation'

export function createOpenEnds(): OpenEnds {
  const effects = new Map<string, { readonly seq: number; readonly integration: string }>()
  /** The entries about each request that waits. */
  const requests = new Map<string, LedgerEntry[]>()
  const executed = new Map<string, number>()
  /** The transitions that the timer of this stay has attempted: it fires once. */
  let timedOut = new Set<string>()

  async function* faults(
    store: BesideRecord,
    run: LoopInstance,
    loop: LoopIndex | null,
  ): AsyncGenerator<OpenEnd> {
    const waits: Waits = async (id, kind, name) => {
      const item = await store.delivery(run.tenant, id)
      return item?.runId === run.runId && item.kind === kind && item.name === name
    }
    for (const [id, { seq, integration }] of effects)
      if (!(await waits(id, 'effect', integration)))
        yield [seq, 'The effect that the entry orders neither waits nor has an end on record.']
    if (!isOpen(run.status)) return
    // Stores may list by what they keep beside a row.
    const { tenant, runId, aggregateId, loopId, status, currentState, stateVersion } = run
    const names = { aggregateId, loopId }
    const found = await store.find({ tenant, ...names, state: currentState, status, limit: 1 })
    if (found.items[0]?.runId !== runId)
      yield [run.version, 'The run is not found by its key, loop, state and status.']
    yield* requestFaults(store, run, requests, waits)
    for (const [transitionId, seq] of executed)
      if ((await store.lastExecuted(tenant, runId, transitionId))?.seq !== seq)
        yield [seq, 'The store does not know the entry as the newest of its transition.']
    const timeout = status === 'active' && loop?.states.get(currentState)?.timeout
    if (!timeout || timedOut.has(timeout.transition)) return
    if (!(await waits(stateTimer(runId, stateVersion), 'timer', 'state-timeout')))
      yield [stateVersion, 'The state that the entry leads to has no timer.']
  }

  return {
    follow(entry) {
      const { seq, type, actor, transitionId, toState, status, effect, approval } = entry
      if (toState !== undefined || status !== undefined || type === 'loop.migrated')
        timedOut = new Set()
      else if (actor.id === timerActor.id && type !== 'loop.approval.escalated' && transitionId)
        timedOut.add(transitionId)
      const change = approvalsOpenedBy(type)
      if (approval && change > 0) requests.set(approval.id, [entry])
      else if (approval && change < 0) requests.delete(approval.id)
      else if (approval) requests.get(approval.id)?.push(entry)
      if (type === 'loop.transition.executed') {
        if (transitionId !== undefined) executed.set(transitionId, seq)
        if (effect) effects.set(effect.id, { seq, integration: effect.integration })
      } else if (effect && type !== 'loop.effect.started') effects.delete(effect.id)
    },
    async missing(store, instance, loop) {
      const { tenant, runId, version } = instance
      for await (const [seq, message] of faults(store, instance, loop)) {
        const now = await store.getRun(tenant, runId)
        return now?.version === version ? { runId, seq, fault: 'truncated', message } : null
      }
      return null
    },
  }
}

/** The open requests of a run that do not wait as the record says, or without their timers. */
async function* requestFaults(
  store: BesideRecord,
  run: LoopInstance,
  requests: ReadonlyMap<string, readonly LedgerEntry[]>,
  waits: Waits,
): AsyncGenerator<OpenEnd> {
  if (requests.size === 0) return
  const { tenant, aggregateId, loopId } = run
  const listed = await requestsOfRun(store, run, { aggregateId, loopId, status: 'pending' })
  const waiting = new Set(listed.map(({ id }) => id))
  for (const [id, record] of requests) {
    const seq = record[0]?.seq ?? 0
    const request = await store.approval(tenant, id)
    if (request?.status !== 'pending' || !isAsRecorded(request, record))
      yield [seq, 'The approval that the entry asks for does not wait as the record says.']
    else if (!waiting.has(id))
      yield [seq, 'The approval that the entry asks for is not among those that wait.']
    else if (!(await escalates(request, record, waits)))
      yield [
        seq,
        'The approval that the entry asks for has no timer for an escalation of its policy.',
      ]
    if (!(await waits(approvalTimer(id, 'approval-expiry'), 'timer', 'approval-expiry')))
      yield [seq, 'The approval that the entry asks for has no timer that would end it.']
  }
}

/** Whether every escalation of the policy was taken, or waits. One that is due with the expiry ends without an entry. */
async function escalates(
  { id, policy, expiresAt }: ApprovalRequest,
  record: readonly LedgerEntry[],
  waits: Waits,
): Promise<boolean> {
  const steps = policy.escalate ?? []
  const timers = steps.map(async (_, index) =>
    waits(approvalTimer(id, escalation, index), 'timer', escalation),
  )
  const left = (await allEnded(timers)).filter(Boolean)
  const taken = record.filter(({ type }) => type === 'loop.approval.escalated')
  return left.length + taken.length >= steps.length || Date.now() >= expiresAt
}
