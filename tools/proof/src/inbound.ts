import type { Actor } from '@loop-engine/core'
import {
  createDecisionLinks,
  createDecisionPage,
  type DecisionPageOptions,
} from '@loop-engine/core/decision-page'
import { createIntake, type Authority, type LoopSystem } from '@loop-engine/sdk'
import type { Operation, TestClock } from '@loop-engine/testing'

/** The secret that seals the links of the decision page. */
export const pageSecret = 'the key of the page, longer than it must be'
/** A wrong guess of that secret. */
export const guessedSecret = 'a guess at the key, as long as the key itself'

export interface Inbound {
  /** The decisions that links with the right seal asked for. */
  readonly authentic: ReadonlySet<string>
  /** Opens the link of a person, and posts the form. */
  decide(
    requestId: string,
    person: Actor,
    decision: 'approve' | 'reject',
    secret?: string,
  ): Promise<void>
}

interface InboundOptions {
  readonly system: LoopSystem
  readonly authority: Authority
  readonly clock: TestClock
  readonly operations: Operation[]
  /** Options of the page that a seeded bug changes. */
  readonly page?: Partial<DecisionPageOptions> | undefined
}

/** The page on which people decide. A link without the right seal must decide nothing. */
export function createInbound({
  system: { approvals },
  authority,
  clock,
  operations,
  page: change,
}: InboundOptions): Inbound {
  const url = 'https://proof.example/decide'
  const intake = createIntake({ approvals, authority })
  const authentic = new Set<string>()
  const note = (outcome: string): void =>
    void operations.push({ kind: 'decide', invoked: 0, returned: 0, tenant: 'default', outcome })
  const page = createDecisionPage({
    name: 'page',
    publicUrl: url,
    secrets: [pageSecret],
    stepUp: 'none',
    getApproval: (query) => approvals.get(query),
    async decide(decision) {
      const answer = await intake(decision)
      note(answer.status)
      return answer
    },
    onError: () => note('error'),
    clock,
    ...change,
  })
  let opened = 0

  return {
    authentic,
    async decide(id, { id: recipient }, decision, secret = pageSecret) {
      const request = await approvals.get({ id })
      if (!request) return
      const { tenant, revision, viewHash: view, expiresAt } = request
      const link = {
        id: `link-${++opened}`.padEnd(22, '.'),
        tenant,
        requestId: id,
        revision,
        recipient,
      }
      const sealed = await createDecisionLinks({ secrets: [secret], clock }).seal(link, expiresAt)
      if (secret === pageSecret) authentic.add(`${id}\n${recipient}\n${decision}`)
      const form = { link: sealed, view, decision, reason: 'as agreed', confirm: 'yes' }
      await page.handle(new Request(url, { method: 'POST', body: new URLSearchParams(form) }))
    },
  }
}
