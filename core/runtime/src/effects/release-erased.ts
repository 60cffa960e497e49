import { openEntry, type OutboxItem } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'

/** A dead letter keeps the input of its effect: delivered once more it finds that its evidence is erased, ends and is gone. */
export async function releaseErased(
  { store, clock }: Kernel,
  { tenant, runId, seq }: Pick<OutboxItem, 'tenant' | 'runId' | 'seq'>,
): Promise<void> {
  const [stored] = await store.entries(tenant, runId, { from: seq, to: seq })
  if (stored?.type !== 'loop.transition.executed' || stored.evidence !== null) return
  const { evidence, effect } = openEntry(stored)
  if (evidence && effect) await store.revive(tenant, effect.id, clock.now())
}
