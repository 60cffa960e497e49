import type { EntryDraft } from '@loop-engine/core'

import type { Kernel } from '../../kernel.ts'
import { draftOf } from '../../recording/draft.ts'
import type { DecideInput } from './decide-request.ts'
import type { Situation } from './on-request.ts'

/** What a decision says for the record, whose approvals were found to count no longer, and by whom a delegate has the vote. */
export type Said = Pick<DecideInput, 'reason' | 'proof'> & {
  readonly lapsed?: readonly string[]
  readonly handedOnBy?: readonly string[]
}

/** What every entry about a request says, with the words and the proof of who decided. */
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
