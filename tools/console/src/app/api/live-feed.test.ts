import { LoopClientError, type EventOptions, type HeardEvent } from '@loop-engine/client'
import { expect, test } from 'vitest'

import { createLiveFeed, type LiveState } from './live-feed.ts'

/** A stream that the test holds, and a page that it shows and hides. */
function stage() {
  const opened: {
    options: EventOptions
    tell: (heard: HeardEvent) => void
    fail: (error: unknown) => void
  }[] = []
  const states: LiveState[] = []
  const told: string[][] = []
  const listeners = new Set<() => void>()
  const page = {
    visibilityState: 'visible' as DocumentVisibilityState,
    addEventListener: (_: string, listener: unknown) => listeners.add(listener as () => void),
    removeEventListener: (_: string, listener: unknown) => listeners.delete(listener as () => void),
  }
  const network = new EventTarget()
  let backs = 0
  async function* events(options: EventOptions): AsyncIterableIterator<HeardEvent> {
    const queue: HeardEvent[] = []
    let wake = (): void => undefined
    let failure: { error: unknown } | undefined
    options.signal?.addEventListener('abort', () => wake())
    opened.push({
      options,
      tell: (heard) => {
        queue.push(heard)
        wake()
      },
      fail: (error) => {
        failure = { error }
        wake()
      },
    })
    while (!options.signal?.aborted) {
      const next = queue.shift()
      if (next) yield next
      else if (failure) throw failure.error
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  const feed = createLiveFeed({
    events,
    filter: { type: 'loop.approval' },
    onEvents: (list) => told.push(list.map(({ id }) => id)),
    onBack: () => (backs += 1),
    onState: (state) => states.push(state),
    page: page as never,
    network,
    gatherMs: 0,
    refusedMs: 0,
  })
  const look = (visibilityState: DocumentVisibilityState): void => {
    page.visibilityState = visibilityState
    for (const listener of listeners) listener()
  }
  return { feed, opened, states, told, look, listeners, network, backs: () => backs }
}

const heard = (id: string): HeardEvent => ({ id, event: { id: `event ${id}` } as never })

test('events are told in order and together, and a break is told, too', async () => {
  const { feed, opened, states, told, backs } = stage()
  opened[0]?.options.onOpen?.()
  opened[0]?.tell(heard('1'))
  opened[0]?.tell(heard('2'))
  await expect.poll(() => told.flat()).toEqual(['event 1', 'event 2'])
  expect(backs()).toBe(0)

  opened[0]?.options.onBreak?.()
  opened[0]?.options.onOpen?.()

  expect(states).toEqual(['connecting', 'live', 'waiting', 'live'])
  expect(backs()).toBe(1)
  feed.close()
})

test('a page that nobody looks at lets go, and goes on where it was', async () => {
  const { feed, opened, look, told } = stage()
  opened[0]?.options.onOpen?.()
  opened[0]?.tell(heard('7.1'))
  await expect.poll(() => told.flat()).toEqual(['event 7.1'])

  look('hidden')
  expect(opened[0]?.options.signal?.aborted).toBe(true)
  look('visible')

  expect(opened[1]?.options).toMatchObject({ lastEventId: '7.1', type: 'loop.approval' })
  feed.close()
})

test('a place that the server does not know is given up, and everything is read anew', async () => {
  const { feed, opened, told, backs } = stage()
  opened[0]?.options.onOpen?.()
  opened[0]?.tell(heard('9'))
  await expect.poll(() => told).toHaveLength(1)

  opened[0]?.fail(new LoopClientError('invalid_input', 'No such place.', { status: 400 }))

  await expect.poll(() => opened.length).toBe(2)
  expect(opened[1]?.options.lastEventId).toBeUndefined()
  opened[1]?.options.onOpen?.()
  expect(backs()).toBe(1)
  feed.close()
})

test('a session that is over is noticed at once', async () => {
  const { feed, opened, backs } = stage()

  opened[0]?.fail(new LoopClientError('auth', 'No session.', { status: 401 }))

  await expect.poll(backs).toBe(1)
  feed.close()
})

test('closed is closed: nothing is heard, nothing is left behind', async () => {
  const { feed, opened, told, look, listeners } = stage()
  feed.close()
  look('visible')

  expect(opened).toHaveLength(1)
  expect(opened[0]?.options.signal?.aborted).toBe(true)
  expect(listeners.size).toBe(0)
  expect(told).toEqual([])
})

test('whose network goes is told so at once, and it goes on where it was', async () => {
  const { feed, opened, states, told, network } = stage()
  opened[0]?.options.onOpen?.()
  opened[0]?.tell(heard('7'))
  await expect.poll(() => told).toHaveLength(1)

  network.dispatchEvent(new Event('offline'))

  expect(states.at(-1)).toBe('waiting')
  expect(opened.map(({ options }) => options.signal?.aborted)).toEqual([true, false])
  expect(opened[1]?.options.lastEventId).toBe('7')
  feed.close()
  network.dispatchEvent(new Event('online'))
  expect(opened).toHaveLength(2)
})
