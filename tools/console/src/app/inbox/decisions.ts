import type { ApprovalRequest } from '@loop-engine/client'
import { quorumOf } from '@loop-engine/core'

import { allows } from './policy.ts'

/** What a person can do with a request. */
export interface Action {
  readonly kind: 'approve' | 'reject' | 'edit' | 'respond' | 'delegate' | 'abstain'
  /** On the button. */
  readonly name: string
  /** The key that opens it. */
  readonly key: string
  readonly title: string
  readonly explains: (request: ApprovalRequest) => string
  /** The words that it takes. */
  readonly words: { readonly label: string; readonly needed: boolean }
}

const actions: readonly Action[] = [
  {
    kind: 'approve',
    name: 'Approve',
    key: 'a',
    title: 'Approve this?',
    explains: whatApprovalDoes,
    words: { label: 'Reason', needed: false },
  },
  {
    kind: 'reject',
    name: 'Reject',
    key: 'r',
    title: 'Reject this?',
    explains: ({ policy: { onReject } }) =>
      typeof onReject === 'string'
        ? `Then nothing of this runs, and the system takes "${onReject}":`
        : 'Then nothing of this runs:',
    words: { label: 'Reason', needed: true },
  },
  {
    kind: 'edit',
    name: 'Edit',
    key: 'e',
    title: 'Edit and approve',
    explains: () => 'The guards judge what you change, and approvals from before no longer count.',
    words: { label: 'Reason', needed: false },
  },
  {
    kind: 'respond',
    name: 'Ask',
    key: 'q',
    title: 'Ask who wants this',
    explains: () => 'Your question is recorded and sent; the request goes on waiting.',
    words: { label: 'Question', needed: true },
  },
  {
    kind: 'delegate',
    name: 'Delegate',
    key: 'd',
    title: 'Let somebody else decide too',
    explains: () => 'They may then decide in your place: of the two of you one approval counts.',
    words: { label: 'Reason', needed: false },
  },
  {
    kind: 'abstain',
    name: 'Abstain',
    key: 's',
    title: 'Abstain?',
    explains: () =>
      'It is recorded that you do not decide; the request goes on waiting for others.',
    words: { label: 'Reason', needed: false },
  },
]

function whatApprovalDoes(request: ApprovalRequest): string {
  const { given, needed } = quorumOf(request)
  const { stages } = request.policy
  if (given + 1 >= needed && request.stage + 1 >= stages.length)
    return 'Your approval is the last one that is needed: this runs, exactly as it stands here:'
  const stage = stages.length > 1 ? ` in stage ${request.stage + 1} of ${stages.length}` : ''
  return `Yours is approval ${given + 1} of ${needed}${stage}. With the last one this runs, exactly as it stands here:`
}

/** What this request can be given, as its policy allows. */
export function actionsFor(request: ApprovalRequest): readonly Action[] {
  if (request.status !== 'pending') return []
  return actions.filter(({ kind }) =>
    kind === 'edit' || kind === 'respond' || kind === 'delegate' ? allows(request, kind) : true,
  )
}
