import type { ApprovalRequest, DecisionResult } from '@loop-engine/client'
import { Drawer, DrawerContent, DrawerContentBody, PageSection } from '@patternfly/react-core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { useNavigate, useParams } from 'react-router'

import { More } from '../shell/more.tsx'
import { PageHead } from '../shell/page-head.tsx'
import { useSession } from '../shell/session-gate.tsx'
import { useToast } from '../shell/toasts.tsx'
import { placeOf } from '../show/place-of.ts'
import { ProblemNote } from '../show/problem-note.tsx'
import { BatchBar } from './batch-bar.tsx'
import { DecisionDialog } from './decision-dialog.tsx'
import { actionsFor, type Action } from './decisions.ts'
import { EmptyInbox } from './empty-inbox.tsx'
import { KeysHelp } from './keys-help.tsx'
import { outcomeOf, settles, type Outcome } from './outcome.ts'
import { RequestDrawer } from './request-drawer.tsx'
import { RequestList } from './request-list.tsx'
import { useInboxKeys } from './use-inbox-keys.ts'
import { forget, useInbox } from './use-inbox.ts'

interface Open {
  readonly action: Action
  readonly request: ApprovalRequest
}

/** What waits for the person, and the one request that is looked at. */
export function InboxPage(): ReactNode {
  const { requestId } = useParams()
  const { list, query, request, error } = useInbox(requestId)
  const { scopes } = useSession()
  const actions = request && scopes.includes('decide') ? actionsFor(request) : []
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [open, setOpen] = useState<Open | null>(null)
  const [answer, setAnswer] = useState<(Outcome & { readonly id: string }) | null>(null)
  const [help, setHelp] = useState(false)
  const heading = useRef<HTMLHeadingElement>(null)
  const go = useNavigate()
  const tell = useToast()
  const client = useQueryClient()

  const show = (id: string | undefined): void => void go(placeOf(id))
  const act = (action: Action): void => {
    if (request) setOpen({ action, request })
  }
  const done = (result: DecisionResult, kind: Action['kind']): void => {
    const { id } = result.request
    const outcome = outcomeOf(result, kind)
    setOpen(null)
    setAnswer({ ...outcome, id })
    tell(outcome)
    // The answer holds the request as it is now; live events bring the rest.
    client.setQueryData(['approval', id], result.request)
    if (settles(result, kind)) forget(client, id)
    heading.current?.focus()
  }
  const choose = (id: string, isChosen: boolean): void => {
    const next = new Set(chosen)
    if (isChosen) next.add(id)
    else next.delete(id)
    setChosen(next)
  }
  useInboxKeys({
    list,
    requestId,
    request,
    actions,
    choose,
    chosen,
    act,
    show,
    onHelp: () => setHelp(true),
  })
  useEffect(() => {
    // Whoever listens, or goes by keys, is taken to what was opened.
    if (requestId !== undefined) heading.current?.focus()
  }, [requestId, request?.id])

  const panel = (
    <RequestDrawer
      request={request}
      error={error}
      answer={answer?.id === request?.id ? answer : null}
      actions={actions}
      heading={heading}
      onAction={act}
      onClose={() => show(undefined)}
    />
  )
  const chosenHere = list.filter(({ id }) => chosen.has(id))
  return (
    <>
      <PageHead title="Inbox" />
      <PageSection isFilled padding={{ default: 'noPadding' }}>
        <Drawer isExpanded={requestId !== undefined} isInline>
          <DrawerContent panelContent={panel}>
            <DrawerContentBody hasPadding>
              <ProblemNote error={query.error} />
              <BatchBar
                list={list}
                chosen={chosenHere}
                onChoose={(ids) => setChosen(new Set(ids))}
                onHelp={() => setHelp(true)}
              />
              {query.isSuccess && list.length === 0 ? (
                <EmptyInbox />
              ) : (
                <RequestList requests={list} openId={requestId} chosen={chosen} onChoose={choose} />
              )}
              <More query={query} />
            </DrawerContentBody>
          </DrawerContent>
        </Drawer>
      </PageSection>
      {open && (
        <DecisionDialog
          {...open}
          moved={request?.id === open.request.id && !isSame(request, open.request)}
          onDone={(result) => done(result, open.action.kind)}
          onClose={() => setOpen(null)}
        />
      )}
      {help && <KeysHelp onClose={() => setHelp(false)} actions={actions} />}
    </>
  )
}

function isSame(one: ApprovalRequest, other: ApprovalRequest): boolean {
  return (
    one.status === other.status &&
    one.revision === other.revision &&
    one.viewHash === other.viewHash
  )
}
