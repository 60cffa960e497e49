import type { ApprovalRequest, CommitPlan } from '@loop-engine/core'
import QuickLRU from 'quick-lru'

/** Each may hold evidence of the largest size. A program that decides at once needs few; a person never needs one. */
const kept = 128

/**
 * What this process asked last, as it was committed. While its run has not moved since, a request is still that: it needs
 * no reading, and no comparison with its record. What others made of it, or this process of what it read in the store, is
 * read and compared.
 */
export interface AskedRequests {
  /** Keeps a request if this plan, which was committed, asked it. */
  keep(request: ApprovalRequest, plan: CommitPlan): void
  /** The request, and the version of its run for which it holds. Channels may have noted since where they posted it. */
  find(tenant: string, id: string): AskedRequest | undefined
  /** Whether this is such a request, and no copy of it, with its run at this version. */
  has(request: ApprovalRequest, version: number): boolean
}

interface AskedRequest {
  readonly request: ApprovalRequest
  readonly version: number
}

export function createAskedRequests(): AskedRequests {
  const asked = new QuickLRU<string, AskedRequest>({ maxSize: kept })
  return {
    keep(request, { entries, instance: { version } }) {
      const { id, runId, policy } = request
      const isAsked = entries.some(
        ({ type, seq }) => type === 'loop.approval.requested' && id === `${runId}:${seq}`,
      )
      // By a reminder other channels may come to post it, which hear of its end only if it is read.
      if (isAsked && policy.remindEvery === undefined) asked.set(id, { request, version })
      else asked.delete(id)
    },
    find(tenant, id) {
      const found = asked.get(id)
      return found?.request.tenant === tenant ? found : undefined
    },
    has(request, version) {
      const found = asked.get(request.id)
      return found?.request === request && found.version === version
    },
  }
}
