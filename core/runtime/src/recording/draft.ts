import type { Actor, EntryDraft, LoopInstance } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'

/** The fields of every entry about a run. Time never goes back within a run. */
export function draftOf(
  kernel: Kernel,
  instance: LoopInstance,
  actor: Actor,
): Omit<EntryDraft, 'type'> {
  return {
    tenant: instance.tenant,
    loopId: instance.loopId,
    aggregateId: instance.aggregateId,
    runId: instance.runId,
    at: Math.max(kernel.clock.now(), instance.updatedAt),
    durability: kernel.store.durability,
    definition: instance.definition.digest,
    actor,
    ...(instance.correlationId !== null && { correlationId: instance.correlationId }),
  }
}
