import { sha256Hex, type ApprovalRequest, type CommitPlan } from '@loop-engine/core'
import QuickLRU from 'quick-lru'

/** How many are remembered, each as a digest and two numbers. */
const kept = 4096

/**
 * Remembers requests that agree with the record, so that they need not be compared again when they are read back unchanged:
 * those that this process opened, while their run has not moved, and closed ones that it compared, which never change.
 * Comparing reads every entry of the run since the request, for each attempt that a guard judges by approvals.
 */
export interface KnownRequests {
  /** Remembers a request that this plan, which was committed, opened; ignores other requests. */
  keepAsked(request: ApprovalRequest, plan: CommitPlan): void
  /** Remembers a closed request that was compared, with the time of its decision by the record; ignores open ones. */
  keepCompared(request: ApprovalRequest, decidedAt: number | null): void
  /** When a remembered request was decided, null if it is open; undefined if it has to be compared. */
  decidedAt(request: ApprovalRequest, version: number): number | null | undefined
}

interface Known {
  readonly decidedAt: number | null
  /** The version of the run for which this holds; any version if absent. */
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

/** Leaves out the messages of channels, which change without a new version of the run. */
function keyOf(request: ApprovalRequest): string {
  return sha256Hex(JSON.stringify({ ...request, messages: null }))
}
