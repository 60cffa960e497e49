import type { ApprovalRequest, LoopInstance, LoopStore } from '@loop-engine/core'

import { createMemoryStore } from './index.ts'

export type ChangeByHand = (request: ApprovalRequest, run: LoopInstance) => Partial<ApprovalRequest>

/** A store in which, once `change` is called, somebody with access to the database has changed every request. */
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
