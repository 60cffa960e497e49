import type { ApprovalRequest } from '@loop-engine/client'

import { useKeys } from '../shell/keys.ts'
import { isAt } from '../show/place-of.ts'
import type { Action } from './decisions.ts'

export interface InboxKeys {
  readonly list: readonly ApprovalRequest[]
  readonly requestId: string | undefined
  readonly request: ApprovalRequest | undefined
  readonly actions: readonly Action[]
  readonly chosen: ReadonlySet<string>
  readonly choose: (id: string, isChosen: boolean) => void
  readonly act: (action: Action) => void
  readonly show: (id: string | undefined) => void
  readonly onHelp: () => void
}

/** The whole inbox by single keys. */
export function useInboxKeys(inbox: InboxKeys): void {
  const { list, requestId, request, actions, chosen, choose, act, show, onHelp } = inbox
  const place = list.findIndex(({ id }) => id === requestId)
  const step = (by: number): void => {
    const next = list[Math.min(Math.max(place + by, 0), list.length - 1)]
    if (next) show(next.id)
  }
  const decisions = actions.map(
    (action) =>
      [
        action.key,
        () => {
          // A key that comes before the next request is drawn must not be about the one before it.
          if (request && isAt(request.id)) act(action)
        },
      ] as const,
  )
  useKeys({
    ...Object.fromEntries(decisions),
    j: () => step(1),
    k: () => step(place < 0 ? 0 : -1),
    x: () => {
      if (requestId !== undefined) choose(requestId, !chosen.has(requestId))
    },
    u: () => show(undefined),
    '?': onHelp,
  })
}
