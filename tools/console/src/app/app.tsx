import { Spinner } from '@patternfly/react-core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { Suspense, type ReactNode } from 'react'
import { BrowserRouter, Navigate, Route, Routes } from 'react-router'

import { queryInbox, querySession } from './api/queries.ts'
import { InboxPage } from './inbox/inbox-page.tsx'
import { NothingHere } from './shell/nothing-here.tsx'
import { pageOf } from './shell/page-of.tsx'
import { SessionGate } from './shell/session-gate.tsx'
import { Shell } from './shell/shell.tsx'

// The inbox is what a phone loads in the night; other pages come when they are looked at.
const ActivityPage = pageOf(async () => (await import('./activity/activity-page.tsx')).ActivityPage)
const ControlsPage = pageOf(async () => (await import('./controls/controls-page.tsx')).ControlsPage)
const LoopPage = pageOf(async () => (await import('./loops/loop-page.tsx')).LoopPage)
const LoopsPage = pageOf(async () => (await import('./loops/loops-page.tsx')).LoopsPage)
const RunPage = pageOf(async () => (await import('./run/run-page.tsx')).RunPage)

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2000,
      retry: false, // the client has tried again already
      refetchOnWindowFocus: false, // live events tell what is stale
      networkMode: 'always', // without a network it is said at once that the server cannot be reached
    },
    // What somebody sends is sent now or not at all: never later, when the network is back and they gave it up.
    mutations: { networkMode: 'always' },
  },
})

/** Asks for what is about to be shown before there is anything to show it on. */
export function readAhead(): void {
  void client.prefetchQuery(querySession())
  if (location.pathname.startsWith('/inbox')) void client.prefetchInfiniteQuery(queryInbox())
}

export function App(): ReactNode {
  return (
    <QueryClientProvider client={client}>
      <BrowserRouter>
        <SessionGate>
          <Shell>
            <Suspense fallback={<Spinner aria-label="Loading the page" />}>
              <Routes>
                <Route index element={<Navigate to="/inbox" replace />} />
                <Route path="/inbox/:requestId?" element={<InboxPage />} />
                <Route path="/instances/:aggregateId" element={<RunPage />} />
                <Route path="/runs/:runId" element={<RunPage />} />
                <Route path="/loops" element={<LoopsPage />} />
                <Route path="/loops/:loopId" element={<LoopPage />} />
                <Route path="/activity" element={<ActivityPage />} />
                <Route path="/controls" element={<ControlsPage />} />
                <Route path="*" element={<NothingHere />} />
              </Routes>
            </Suspense>
          </Shell>
        </SessionGate>
      </BrowserRouter>
    </QueryClientProvider>
  )
}
