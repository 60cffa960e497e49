import {
  LoopError,
  openEntry,
  sha256Hex,
  type Actor,
  type EffectSpec,
  type EntryDraft,
  type EntryType,
  type LedgerEntry,
  type LoopInstance,
  type OutboxClaim,
  type StoredEntry,
} from '@loop-engine/core'

import type { Refusal } from '../judging/decide/ruling.ts'
import type { Kernel } from '../kernel.ts'
import { newestFirst } from '../reading/newest-first.ts'
import { createChange, type Change, type PlanRest } from '../recording/change.ts'
import { draftOf } from '../recording/draft.ts'
import { untilCommitted } from '../recording/until-committed.ts'

/** The order to act, as it was committed. */
export interface EffectJob {
  readonly claim: OutboxClaim
  readonly stored: StoredEntry
  readonly entry: LedgerEntry
  readonly effect: NonNullable<LedgerEntry['effect']>
  readonly spec: EffectSpec
  readonly actor: Actor
}

export async function openJob(kernel: Kernel, claim: OutboxClaim): Promise<EffectJob> {
  const stored = await readOrder(kernel, claim)
  const entry = openEntry(stored)
  if (!entry.effect || stored.type !== 'loop.transition.executed')
    throw new LoopError('corrupt', 'The entry behind an effect orders none.')
  // Under another key the other side would not know an attempt again.
  if (claim.id !== entry.effect.id)
    throw new LoopError('corrupt', 'The delivery of an effect is not the one that was committed.')
  if (sha256Hex(claim.payload) !== entry.effect.inputDigest)
    throw new LoopError('corrupt', 'The input of an effect is not what was committed.')
  const loop = await kernel.loops.pinned(entry.definition)
  const spec = loop.transitions.get(entry.transitionId ?? '')?.effect
  if (!spec) throw new LoopError('corrupt', 'The definition behind an effect orders none.')
  return {
    claim,
    stored,
    entry,
    effect: entry.effect,
    spec,
    actor: Object.freeze({ type: 'automation', id: `integration:${entry.effect.integration}` }),
  }
}

/** The entry that orders an effect, as it is kept now: its evidence may be erased while the effect runs. */
async function readOrder(
  { store }: Kernel,
  { tenant, runId, seq }: OutboxClaim,
): Promise<StoredEntry> {
  const [stored] = await store.entries(tenant, runId, { from: seq, to: seq })
  if (!stored) throw new LoopError('corrupt', 'The entry behind an effect is gone.')
  return stored
}

/** Whether the evidence that an effect was licensed for is gone by now. */
export async function isErased(kernel: Kernel, { claim, entry }: EffectJob): Promise<boolean> {
  return entry.evidence !== undefined && (await readOrder(kernel, claim)).evidence === null
}

/**
 * What became of the order since it was committed, by the record from its head back: it was begun, or what it was licensed
 * for was erased. Throws `corrupt` when another order was read before.
 */
export async function recordOf(
  { store }: Kernel,
  { claim, stored, entry }: EffectJob,
  run: LoopInstance,
): Promise<{ readonly isSpent: boolean; readonly isErased: boolean }> {
  let order: StoredEntry | undefined
  let isSpent = false
  for await (const earlier of newestFirst(store, run, claim.seq)) {
    order = earlier
    isSpent ||= openEntry(earlier).receipt === stored.hash
  }
  if (order?.body !== stored.body)
    throw new LoopError('corrupt', 'The entry behind an effect is not the one on record.')
  return { isSpent, isErased: entry.evidence !== undefined && order.evidence === null }
}

export function effectDraft(
  kernel: Kernel,
  { entry, effect, claim, actor }: EffectJob,
  instance: LoopInstance,
  type: EntryType,
): EntryDraft {
  return {
    ...draftOf(kernel, instance, actor),
    type,
    ...(entry.transitionId !== undefined && { transitionId: entry.transitionId }),
    ...(entry.actionDigest !== undefined && { actionDigest: entry.actionDigest }),
    effect: { ...effect, attempt: claim.attempt },
  }
}

/**
 * Commits one change about the run of a job; returns why it was refused, by the store or by `build`, or null. Throws
 * `fenced` when the lease was lost. What would overrun a limit is built again, without what follows: the report stays.
 */
export async function changeRun(
  kernel: Kernel,
  { claim }: EffectJob,
  build: (instance: LoopInstance, change: Change, late?: Refusal) => Promise<PlanRest | string>,
): Promise<string | null> {
  return untilCommitted<string | null>(kernel, claim, {
    async attempt(late) {
      const instance = await kernel.store.getRun(claim.tenant, claim.runId)
      if (!instance) throw new LoopError('corrupt', 'The run of an effect is gone.')
      const change = createChange(instance)
      const rest = await build(instance, change, late)
      return typeof rest === 'string'
        ? { result: rest }
        : { result: null, record: { change, rest } }
    },
    refused: ({ reason }) => reason,
    conflict: 'The run kept moving while an effect was recorded.',
  })
}
