import { deepFreeze, type LoopInstance, type Transition } from '@loop-engine/core'
import type { GuardFacts } from '@loop-engine/guards'

import type { Kernel } from '../kernel.ts'
import { guardsOf } from '../loop-registry.ts'

/** What guards ask to know that only the store knows. */
export async function readFacts(
  kernel: Kernel,
  instance: LoopInstance,
  transition: Transition,
  needs: ReadonlySet<string>,
): Promise<Pick<GuardFacts, 'lastExecutedAt' | 'approvals'>> {
  const [lastExecutedAt, approvals] = await Promise.all([
    needs.has('last-executed') ? lastExecutions(kernel, instance, transition) : undefined,
    needs.has('approvals')
      ? kernel.store
          .approvals({ tenant: instance.tenant, runId: instance.runId, limit: 1000 })
          .then(({ items }) => deepFreeze(items))
      : undefined,
  ])
  return { lastExecutedAt, approvals }
}

/** When each transition that a guard asks about was last executed in this run. */
async function lastExecutions(
  kernel: Kernel,
  instance: LoopInstance,
  transition: Transition,
): Promise<ReadonlyMap<string, number>> {
  const asked = new Set([transition.id])
  for (const guard of guardsOf(transition)) {
    const other = guard.with?.['transition']
    if (typeof other === 'string') asked.add(other)
  }
  const found = await Promise.all(
    [...asked].map(
      async (id) =>
        [id, (await kernel.store.lastExecuted(instance.tenant, instance.runId, id))?.at] as const,
    ),
  )
  return new Map(found.filter((pair): pair is readonly [string, number] => pair[1] !== undefined))
}
