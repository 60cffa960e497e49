import type { ApprovalRequest } from '@loop-engine/core'

/** Tells those who wait for a request in this process when it was committed, at no cost for the others who wait. */
export interface Bells {
  /** Returns the function that takes the bell down. */
  hang(requestId: string, onRing: (request: ApprovalRequest) => void): () => void
  /** Rings for a request as it was committed. */
  ring(request: ApprovalRequest): void
}

export function createBells(): Bells {
  const bells = new Map<string, Set<(request: ApprovalRequest) => void>>()
  return {
    hang(requestId, onRing) {
      const hung = bells.get(requestId) ?? new Set()
      bells.set(requestId, hung.add(onRing))
      return () => {
        hung.delete(onRing)
        if (hung.size === 0 && bells.get(requestId) === hung) bells.delete(requestId)
      }
    },
    ring(request) {
      for (const onRing of bells.get(request.id) ?? []) onRing(request)
    },
  }
}
