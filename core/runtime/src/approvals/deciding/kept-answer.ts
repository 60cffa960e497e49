import type { Kernel } from '../../kernel.ts'
import { readAnswer } from '../../recording/idempotency.ts'
import { withoutEvidence } from '../../recording/without-evidence.ts'
import type { DecisionResult } from './decide-request.ts'

/** The answer to keep under the key of a decision: without the evidence, since erasing would not reach this copy. */
export function answerToKeep({ request, ...rest }: DecisionResult): string {
  return JSON.stringify({ ...rest, request: withoutEvidence(request) })
}

/** The answer that was given before, with the evidence if the request still has it. */
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
