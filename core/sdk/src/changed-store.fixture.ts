import type { ApprovalRequest, LoopInstance, LoopStore } from '@loop-engine/core'

import { createMemoryStore } from './index.ts'

export type ChangeByHand = (request: ApprovalRequest, run: LoopInstance) => Partial<ApprovalRequest>

/** A store whose requests read as if somebody had changed each one in the database, from the call of `change` on. */
export function createChangedStore(by: ChangeByHand): {
  readonly store: LoopStore
  readonly change: () => void
} {
  const kept = createMemoryStore()
  let isChanged = false
  return {
    store: {
      ...kept,
      async approval(tenant, id) {
        const request = await kept.approval(tenant, id)
        const run = request && (await kept.getRun(tenant, request.runId))
        return isChanged && run ? { ...request, ...by(request, run) } : request
      },
    },
    change: () => void (isChanged = true),
  }
}
