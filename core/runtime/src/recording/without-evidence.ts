import type { ApprovalRequest } from '@loop-engine/core'

/** A request whose evidence is erased. Its salt goes too, or whoever guesses the evidence could check it by its digest. */
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
