import type { CloudEvent, LoopClient } from '@loop-engine/client'

import { troubleOf } from './server.ts'

export type LiveState = 'connecting' | 'live' | 'waiting'

export interface LiveFeedOptions {
  readonly events: LoopClient['events']
  /** Which events; see `/api/v1/events`. */
  readonly filter: Readonly<Record<string, string | undefined>>
  /** What came since the last call, oldest first. */
  readonly onEvents: (events: readonly CloudEvent[]) => void
  /** Called after a break: what happened meanwhile must be read anew. */
  readonly onBack: () => void
  readonly onState: (state: LiveState) => void
  /** The page; one that nobody looks at lets go of its connection, of which a browser has six for all. */
  readonly page?: Pick<Document, 'visibilityState' | 'addEventListener' | 'removeEventListener'>
  /** Tells at once that the network is gone or back; a connection that hangs would be noticed a minute later. */
  readonly network?: Pick<Window, 'addEventListener' | 'removeEventListener'>
  /** How long events are gathered before they are told together. */
  readonly gatherMs?: number
  /** How long it waits after a refusal. */
  readonly refusedMs?: number
}

/** Follows the events of the server, and goes on where it was after a break. */
export function createLiveFeed(options: LiveFeedOptions): { close(): void } {
  const { events, filter, onEvents, onBack, onState, page = document, network = window } = options
  const { gatherMs = 250, refusedMs = 5000 } = options
  let lastEventId: string | undefined
  let following: AbortController | undefined
  let again: ReturnType<typeof setTimeout> | undefined
  let opened = false
  let gathered: CloudEvent[] = []
  let telling: ReturnType<typeof setTimeout> | undefined

  const tell = (): void => {
    telling = undefined
    const told = gathered
    gathered = []
    onEvents(told)
  }
  const onOpen = (): void => {
    onState('live')
    if (opened) onBack()
    opened = true
  }
  async function follow(signal: AbortSignal): Promise<void> {
    onState(opened ? 'waiting' : 'connecting')
    const place = lastEventId === undefined ? {} : { lastEventId }
    const onBreak = (): void => onState('waiting')
    for await (const { id, event } of events({ ...filter, ...place, signal, onOpen, onBreak })) {
      lastEventId = id
      gathered.push(event)
      telling ??= setTimeout(tell, gatherMs)
    }
  }
  const open = (): void => {
    const over = new AbortController()
    following = over
    follow(over.signal).catch((error: unknown) => {
      // Refused: the place is none of this record, or the session is over.
      if (over.signal.aborted) return
      onState('waiting')
      if (troubleOf(error).status === 401) onBack()
      lastEventId = undefined
      again = setTimeout(open, refusedMs)
    })
  }
  const shut = (): void => {
    clearTimeout(again)
    following?.abort()
    following = undefined
  }
  const look = (): void => {
    if (page.visibilityState === 'hidden') {
      shut()
      onState('waiting')
    } else if (following === undefined) open()
  }
  const openAnew = (): void => {
    if (following === undefined) return
    shut()
    open()
  }
  page.addEventListener('visibilitychange', look)
  network.addEventListener('offline', openAnew)
  network.addEventListener('online', openAnew)
  open()

  return {
    close() {
      page.removeEventListener('visibilitychange', look)
      network.removeEventListener('offline', openAnew)
      network.removeEventListener('online', openAnew)
      clearTimeout(telling)
      shut()
    },
  }
}
