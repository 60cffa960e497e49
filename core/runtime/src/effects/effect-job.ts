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

/** An order to act, as it was committed. */
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
  // Under another key the other side would not recognise a repeated attempt.
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

/** The entry that orders an effect, as it is now: its evidence may be erased while the effect runs. */
async function readOrder(
  { store }: Kernel,
  { tenant, runId, seq }: OutboxClaim,
): Promise<StoredEntry> {
  const [stored] = await store.entries(tenant, runId, { from: seq, to: seq })
  if (!stored) throw new LoopError('corrupt', 'The entry behind an effect is gone.')
  return stored
}

/** Whether the evidence for which an effect was licensed has been erased. */
export async function isErased(kernel: Kernel, { claim, entry }: EffectJob): Promise<boolean> {
  return entry.evidence !== undefined && (await readOrder(kernel, claim)).evidence === null
}

/**
 * What happened to the order since it was committed, by the record from its head back: whether its receipt was spent, and
 * whether its evidence was erased. Throws `corrupt` if the order that was read before is not the one on record.
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
 * Commits one change of the run of a job; returns why the store or `build` refused it, or null. Throws `fenced` if the lease
 * was lost. A change that would overrun a limit is built again with `late`, so that only what follows is refused.
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
