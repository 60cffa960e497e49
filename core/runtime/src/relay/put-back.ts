import type { OutboxClaim } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'

/**
 * Puts a claimed item back as if it had never been claimed; false if the run moved or the lease was lost. The store counts
 * each delivery, even one that was only held up: with a high count the first real failure would make a dead letter.
 */
export async function putBack(
  { store }: Kernel,
  { attempt: _, fence, leasedUntil: __, ...item }: OutboxClaim,
  dueAt: number,
): Promise<boolean> {
  const { tenant, runId, id } = item
  const instance = await store.getRun(tenant, runId)
  if (!instance) return false
  const [result] = await store.commit([
    {
      tenant,
      instance,
      expectedVersion: instance.version,
      entries: [],
      scopes: [],
      settle: { id, fence },
      outbox: [{ ...item, dueAt }],
    },
  ])
  return result?.kind === 'committed'
}
