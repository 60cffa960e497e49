import { LoopError, type LoopInstance } from '@loop-engine/core'

import { personOrSystem } from './admit-input.ts'
import { draftOf } from './draft.ts'
import type { EraseInput } from './engine-input.ts'
import type { Kernel } from './kernel.ts'
import { rewrite } from './rewrite-run.ts'

/** Deletes the evidence of one entry, and the copies of it that requests keep. */
export async function eraseEvidence(kernel: Kernel, input: EraseInput): Promise<LoopInstance> {
  const { tenant = 'default', aggregateId, reason, seq } = input
  const actor = await personOrSystem(kernel, input.actor, 'erase evidence')
  return rewrite(
    kernel,
    tenant,
    aggregateId,
    actor,
    async (instance, change) => {
      // A record of what was never erased would let somebody believe that it is gone.
      if (!Number.isSafeInteger(seq) || seq < 1 || seq > instance.version)
        throw new LoopError('not_found', 'The run has no entry of this number.', {
          path: '/seq',
          hint: `Its newest is ${instance.version}.`,
        })
      change.append({
        ...draftOf(kernel, instance, actor),
        type: 'loop.evidence.erased',
        reason,
        data: { seq },
      })
      const { items } = await kernel.store.approvals({ tenant, runId: instance.runId, limit: 1000 })
      for (const request of items) {
        if (request.id === `${instance.runId}:${seq}`)
          change.upsert({
            ...request,
            evidence: null,
            view: {
              ...request.view,
              fields: [],
              ...(request.view.effect && { effect: { ...request.view.effect, input: null } }),
            },
          })
      }
    },
    { finalToo: true, erase: [seq], expected: input.expected },
  )
}
