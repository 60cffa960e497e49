import type { ApprovalRequest, DecisionResult } from '@loop-engine/client'

import { server } from '../api/server.ts'
import type { Action } from './decisions.ts'

export interface Decided {
  readonly kind: Action['kind']
  /** The request as the person saw it. */
  readonly request: ApprovalRequest
  readonly words: string
  /** For `delegate`. */
  readonly to?: string
  /** For `edit`. */
  readonly edits?: Readonly<Record<string, unknown>>
}

/** Sends what a person decided about what they saw; the server refuses if that is not what waits. */
export async function decide({
  kind,
  request,
  words,
  to = '',
  edits,
}: Decided): Promise<DecisionResult> {
  const reason = words.trim() === '' ? {} : { reason: words.trim() }
  if (kind === 'delegate')
    return server.approvals.delegate(request.id, { to: to.trim(), ...reason })
  return server.approvals.decide(request, {
    decision: kind,
    ...reason,
    // What is asked goes to whom wants it; as the reason it stands where those who decide read it.
    ...(kind === 'respond' && { response: { message: words.trim() } }),
    ...(edits && { edits }),
  })
}
