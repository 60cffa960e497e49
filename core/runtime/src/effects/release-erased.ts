import { openEntry, type OutboxItem } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'

/**
 * Revives the dead letter of an effect whose evidence was erased, because a dead letter keeps the input: the next delivery
 * finds that the evidence is erased and ends the effect.
 */
export async function releaseErased(
  { store, clock }: Kernel,
  { tenant, runId, seq }: Pick<OutboxItem, 'tenant' | 'runId' | 'seq'>,
): Promise<void> {
  const [stored] = await store.entries(tenant, runId, { from: seq, to: seq })
  if (stored?.type !== 'loop.transition.executed' || stored.evidence !== null) return
  const { evidence, effect } = openEntry(stored)
  if (evidence && effect) await store.revive(tenant, effect.id, clock.now())
}
