import { sha256Hex, type ApprovalRequest } from '@loop-engine/core'
import QuickLRU from 'quick-lru'

import { textOf } from './asked-requests.ts'

/** A digest and a time each. */
const kept = 4096

/**
 * Requests that are over and were as recorded when this process compared them. The record says no more of them, so that
 * one which is read back unchanged needs no comparison: it would read all that the run did since, with every attempt that
 * a guard judges by approvals.
 */
export interface ComparedRequests {
  /** Keeps a request, if it is over, with the time at which the record says that it was decided. */
  keep(request: ApprovalRequest, decidedAt: number | null): void
  /** When a request that is kept so, word for word, was decided; undefined when it has to be compared. */
  decidedAt(request: ApprovalRequest): number | null | undefined
}

export function createComparedRequests(): ComparedRequests {
  const compared = new QuickLRU<string, number | null>({ maxSize: kept })
  const keyOf = (request: ApprovalRequest): string => sha256Hex(textOf(request))
  return {
    keep(request, decidedAt) {
      if (request.status !== 'pending') compared.set(keyOf(request), decidedAt)
    },
    decidedAt: (request) =>
      request.status === 'pending' ? undefined : compared.get(keyOf(request)),
  }
}
