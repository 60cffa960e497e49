import type { ApprovalRequest, CommitPlan } from '@loop-engine/core'
import QuickLRU from 'quick-lru'

/** Each may hold evidence of the largest size. A program that decides at once needs few; a person never needs one. */
const kept = 128

/**
 * What this process asked last. A request that is read back unchanged, while its run has not moved since, needs no
 * comparison with its record, which costs another read and some hashes. What others made of it, or this process of what
 * it read in the store, is compared.
 */
export interface AskedRequests {
  /** Keeps a request if this plan, which was committed, asked it. */
  keep(request: ApprovalRequest, plan: CommitPlan): void
  /** Whether a request that was read is, but for the messages of channels, as it was asked, with its run at this version. */
  has(request: ApprovalRequest, version: number): boolean
}

export function createAskedRequests(): AskedRequests {
  const asked = new QuickLRU<string, { text: string; version: number }>({ maxSize: kept })
  return {
    keep(request, { entries, instance: { version } }) {
      const { id, runId } = request
      const isAsked = entries.some(
        ({ type, seq }) => type === 'loop.approval.requested' && id === `${runId}:${seq}`,
      )
      if (isAsked) asked.set(id, { text: textOf(request), version })
      else asked.delete(id)
    },
    has(request, version) {
      const found = asked.get(request.id)
      return found?.version === version && found.text === textOf(request)
    },
  }
}

/** Channels note beside a request, without a version, where they posted it. */
export function textOf(request: ApprovalRequest): string {
  return JSON.stringify({ ...request, messages: null })
}
