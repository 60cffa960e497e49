import { sha256Hex, type ApprovalRequest, type CommitPlan } from '@loop-engine/core'
import QuickLRU from 'quick-lru'

/** A digest and two numbers each. */
const kept = 4096

/**
 * Requests that are as the record says: what this process asked, while its run has not moved since, and what was over when
 * this process compared it, of which the record says no more. One that is read back word for word needs no comparison,
 * which would read all that the run did since, with every attempt that a guard judges by approvals.
 */
export interface KnownRequests {
  /** Keeps a request if this plan, which was committed, asked it. */
  keepAsked(request: ApprovalRequest, plan: CommitPlan): void
  /** Keeps a request that was compared, if it is over, with the time at which the record says that it was decided. */
  keepCompared(request: ApprovalRequest, decidedAt: number | null): void
  /**
   * When a request that was read, with its run at this version, was decided: null for one that waits. Undefined when it has
   * to be compared.
   */
  decidedAt(request: ApprovalRequest, version: number): number | null | undefined
}

interface Known {
  readonly decidedAt: number | null
  /** Of the run for which it holds; any when absent. */
  readonly version?: number
}

export function createKnownRequests(): KnownRequests {
  const known = new QuickLRU<string, Known>({ maxSize: kept })
  return {
    keepAsked(request, { entries, instance: { version } }) {
      const { id, runId } = request
      const isAsked = entries.some(
        ({ type, seq }) => type === 'loop.approval.requested' && id === `${runId}:${seq}`,
      )
      if (isAsked) known.set(keyOf(request), { decidedAt: null, version })
    },
    keepCompared(request, decidedAt) {
      if (request.status !== 'pending') known.set(keyOf(request), { decidedAt })
    },
    decidedAt(request, version) {
      const found = known.get(keyOf(request))
      return found && (found.version ?? version) === version ? found.decidedAt : undefined
    },
  }
}

/** Channels note beside a request, without a version, where they posted it. */
function keyOf(request: ApprovalRequest): string {
  return sha256Hex(JSON.stringify({ ...request, messages: null }))
}
