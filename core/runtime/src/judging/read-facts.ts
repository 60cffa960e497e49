import {
  deepFreeze,
  hashEntry,
  LoopError,
  openEntry,
  type ApprovalRequest,
  type LedgerEntry,
  type LoopInstance,
  type LoopStore,
  type Transition,
} from '@loop-engine/core'
import type { GuardFacts } from '@loop-engine/guards'

import { identityClasses, involvedIn } from '../identity-classes.ts'
import { recordedApprovals } from '../reading/compare-with-record.ts'
import type { Attempt } from './attempt.ts'
import { guardsOf } from './guards-of.ts'

/** Reads the facts that guards need from the store, and from the change of which the attempt is a part. */
export async function readFacts(
  attempt: Attempt,
  transition: Transition,
  needs: ReadonlySet<string>,
): Promise<Pick<GuardFacts, 'lastExecutedAt' | 'approvals' | 'identityClassOf'>> {
  const [lastExecutedAt, decided] = await Promise.all([
    needs.has('last-executed') ? lastExecutions(attempt, transition) : undefined,
    needs.has('approvals') ? decidedBefore(attempt) : undefined,
  ])
  return { lastExecutedAt, ...decided }
}

async function decidedBefore(
  attempt: Attempt,
): Promise<Pick<GuardFacts, 'approvals' | 'identityClassOf'>> {
  const { kernel, instance, command } = attempt
  const approvals = await requestsOf(attempt)
  const people = [command.actor, ...approvals.flatMap(involvedIn)]
  return { approvals, identityClassOf: await identityClasses(kernel, instance.tenant, people) }
}

/** The requests of the run, newest first. */
async function requestsOf({
  kernel,
  instance,
  change,
}: Attempt): Promise<readonly ApprovalRequest[]> {
  const items = await recordedApprovals(kernel, instance)
  const changed = new Map(change?.approvals.map((request) => [request.id, request]))
  const known = items.map((request) => changed.get(request.id) ?? request)
  const opened = [...changed.values()].filter(({ id }) => !items.some((item) => item.id === id))
  return deepFreeze([...opened.toReversed(), ...known])
}

/** When each transition that a guard asks about was last executed in this run. */
async function lastExecutions(
  { kernel, instance, change }: Attempt,
  transition: Transition,
): Promise<ReadonlyMap<string, number>> {
  const asked = new Set([transition.id])
  for (const guard of guardsOf(transition)) {
    const other = guard.with?.['transition']
    if (typeof other === 'string') asked.add(other)
  }
  const found = await Promise.all(
    [...asked].map(async (id) => {
      const entry =
        change?.entries.findLast(
          ({ type, transitionId }) => type === 'loop.transition.executed' && transitionId === id,
        ) ?? (await lastExecuted(kernel.store, instance, id))
      return [id, entry?.at] as const
    }),
  )
  return new Map(found.filter((pair): pair is readonly [string, number] => pair[1] !== undefined))
}

/** The newest execution of a transition. The store only notes which entry that is, so the entry itself is checked. */
async function lastExecuted(
  store: LoopStore,
  { tenant, runId }: LoopInstance,
  transitionId: string,
): Promise<LedgerEntry | null> {
  const stored = await store.lastExecuted(tenant, runId, transitionId)
  if (!stored) return null
  const entry = openEntry(stored)
  const isIt = entry.type === 'loop.transition.executed' && entry.transitionId === transitionId
  if (isIt && hashEntry(stored.body) === stored.hash) return entry
  throw new LoopError('corrupt', 'What the store names as an execution is none.', {
    details: { runId, seq: stored.seq, transitionId },
    hint: 'It was changed in the database. Run verify --deep to find what else was.',
  })
}
