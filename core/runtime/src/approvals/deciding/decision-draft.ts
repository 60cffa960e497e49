import type { EntryDraft } from '@loop-engine/core'

import type { Kernel } from '../../kernel.ts'
import { draftOf } from '../../recording/draft.ts'
import type { DecideInput } from './decide-request.ts'
import type { Situation } from './on-request.ts'

export type Said = Pick<DecideInput, 'reason' | 'proof'> & {
  /** Whose approvals count no longer. */
  readonly lapsed?: readonly string[]
  /** Through whom a delegate has the vote. */
  readonly handedOnBy?: readonly string[]
}

/** The draft of an entry about a request, with what was said of the decision. */
export function decisionDraft(
  kernel: Kernel,
  { request, instance, actor }: Pick<Situation, 'request' | 'instance' | 'actor'>,
  type: EntryDraft['type'],
  decision?: string,
  { reason, proof, lapsed = [], handedOnBy = [] }: Said = {},
): EntryDraft {
  const data = {
    ...(proof && { proof }),
    ...(lapsed.length > 0 && { lapsed }),
    ...(handedOnBy.length > 0 && { handedOnBy }),
  }
  return {
    ...draftOf(kernel, instance, actor),
    type,
    transitionId: request.transitionId,
    approval: {
      id: request.id,
      revision: request.revision,
      viewHash: request.viewHash,
      stage: request.stage,
      ...(decision !== undefined && { decision }),
    },
    ...(reason !== undefined && { reason }),
    ...(Object.keys(data).length > 0 && { data }),
  }
}
