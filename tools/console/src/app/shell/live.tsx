import type { CloudEvent } from '@loop-engine/client'
import { Label } from '@patternfly/react-core'
import { useQueryClient } from '@tanstack/react-query'
import { createContext, useContext, useEffect, useRef, useState, type ReactNode } from 'react'

import { createLiveFeed, type LiveState } from '../api/live-feed.ts'
import { server } from '../api/server.ts'

interface Live {
  readonly state: LiveState
  readonly setState: (state: LiveState) => void
}
const LiveContext = createContext<Live>({ state: 'connecting', setState: () => undefined })

export function LiveProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const [state, setState] = useState<LiveState>('connecting')
  return <LiveContext value={{ state, setState }}>{children}</LiveContext>
}

const shown = {
  live: { text: 'Live', color: 'green' },
  connecting: { text: 'Connecting', color: 'grey' },
  waiting: { text: 'Reconnecting', color: 'orange' },
} as const

/** Whether what is seen is kept up to date. */
export function LiveLabel(): ReactNode {
  const { text, color } = shown[useContext(LiveContext).state]
  return (
    <span role="status">
      <Label color={color} variant="outline">
        {text}
      </Label>
    </span>
  )
}

/** How often a page is read anew at most, however much happens. */
const calmMs = 1500

export interface UseLiveOptions {
  readonly filter: Readonly<Record<string, string | undefined>>
  /** What to read anew, by the beginning of its key. */
  readonly stale: readonly (readonly unknown[])[]
  readonly onEvents?: (events: readonly CloudEvent[]) => void
  /** Called after a break. */
  readonly onBack?: () => void
}

/** Keeps a page up to date while it is shown. */
export function useLive({ filter, stale, onEvents, onBack }: UseLiveOptions): void {
  const { setState } = useContext(LiveContext)
  const client = useQueryClient()
  const latest = useRef({ stale, onEvents, onBack })
  useEffect(() => {
    latest.current = { stale, onEvents, onBack }
  })
  const filterKey = JSON.stringify(filter)

  useEffect(() => {
    let due: ReturnType<typeof setTimeout> | undefined
    let readAt = 0
    const read = (): void => {
      due = undefined
      readAt = Date.now()
      for (const queryKey of latest.current.stale) void client.invalidateQueries({ queryKey })
    }
    const readSoon = (): void => {
      due ??= setTimeout(read, Math.max(0, readAt + calmMs - Date.now()))
    }
    const feed = createLiveFeed({
      events: server.events,
      filter: JSON.parse(filterKey) as UseLiveOptions['filter'],
      onEvents: (events) => {
        latest.current.onEvents?.(events)
        readSoon()
      },
      onBack: () => {
        void client.invalidateQueries({ queryKey: ['session'] })
        latest.current.onBack?.()
        readSoon()
      },
      onState: setState,
    })
    return () => {
      clearTimeout(due)
      feed.close()
    }
  }, [client, filterKey, setState])
}
