import type { ApprovalRequest } from '@loop-engine/core'

import type { Kernel } from '../../kernel.ts'
import { readAnswer } from '../../recording/idempotency.ts'
import type { DecisionResult } from './decide-request.ts'

/** The answer that the key of a decision keeps: without the evidence, of which erasing could not reach a copy. */
export function answerToKeep({ request, ...rest }: DecisionResult): string {
  return JSON.stringify({ ...rest, request: withoutEvidence(request) })
}

/** The answer that was given before, with the evidence if its request still has that. */
export async function answeredBefore(
  { store }: Kernel,
  { tenant, requestId }: { readonly tenant: string; readonly requestId: string },
  answer: string,
): Promise<DecisionResult> {
  const kept = readAnswer<DecisionResult>(answer, ({ request }) => request?.id === requestId)
  const now = await store.approval(tenant, requestId)
  const isSame = now?.revision === kept.request.revision
  const shown = isSame && { evidence: now.evidence, salt: now.salt, view: now.view }
  return { ...kept, request: { ...kept.request, ...shown }, replayed: true }
}

/** The salt goes too: with it, whoever guesses the evidence could make sure by its digest. */
export function withoutEvidence({ view, ...request }: ApprovalRequest): ApprovalRequest {
  return {
    ...request,
    evidence: null,
    salt: '',
    view: {
      ...view,
      fields: [],
      ...(view.effect && { effect: { ...view.effect, input: null } }),
    },
  }
}
