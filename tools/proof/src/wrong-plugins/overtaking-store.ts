import type { OutboxClaim } from '@loop-engine/core'
import type { StoreHarness } from '@loop-engine/testing'

import { beside, storeWith } from './wrong-store.ts'

/** A store in which an item that waits for a retry leaves its lane. */
export function overtaking(): StoreHarness {
  return storeWith((inner) => {
    const held = new Map<string, OutboxClaim>()
    const again = new Map<string, OutboxClaim>()
    return {
      async claim(query) {
        const claims = (await inner.claim(query)).map((claim) => {
          const before = again.get(claim.id)
          return before ? { ...claim, lane: before.lane, attempt: before.attempt + 1 } : claim
        })
        for (const claim of claims) held.set(claim.id, claim)
        return claims
      },
      async settle(all) {
        const answers: boolean[] = []
        for (const { id, fence, outcome } of all) {
          const claim = held.get(id)
          const isRetry = outcome.kind === 'retry' && claim !== undefined
          const settlement = { id, fence, outcome: isRetry ? ({ kind: 'done' } as const) : outcome }
          const [answer = false] = await inner.settle([settlement])
          answers.push(answer)
          const run = claim && answer && (await inner.getRun(claim.tenant, claim.runId))
          if (!run || !isRetry) continue
          again.set(id, claim)
          const { attempt: _, fence: __, leasedUntil: ___, ...item } = claim
          const outbox = [{ ...item, lane: id, dueAt: outcome.dueAt }]
          await inner.commit([beside(run, { outbox })])
        }
        return answers
      },
    }
  })
}
