import { isLoopError } from '@loop-engine/core'
import { describe, expect, test, vi } from 'vitest'

import type { LoopEvent } from './derive-events.ts'
import { createEventBus } from './event-bus.ts'
import { storedEntry } from './stored-entry.fixture.ts'

const fail = (): never => {
  throw new Error('listener')
}

describe('a subscriber', () => {
  test('hears what it asked for, until it leaves', () => {
    const bus = createEventBus()
    const heard: string[] = []
    const stop = bus.subscribe({ aggregateId: 'order-2', types: ['loop.completed'] }, (event) => {
      heard.push(event.type)
    })

    bus.publish([
      storedEntry({ status: 'completed' }),
      storedEntry({ aggregateId: 'order-2', status: 'completed' }),
    ])
    stop()
    bus.publish([storedEntry({ aggregateId: 'order-2', status: 'completed' })])

    expect(heard).toEqual(['loop.completed'])
  })

  test('cannot change the event that the next listener is handed', () => {
    const errors: unknown[] = []
    const bus = createEventBus({ onError: (error) => errors.push(error) })
    const heard: string[] = []
    bus.subscribe({}, ({ actor }) => void Object.assign(actor, { id: 'left out' }))
    bus.subscribe({}, ({ entry }) => void heard.push(entry.actor.id))

    bus.publish([storedEntry()])

    expect(heard).toEqual(['alice'])
    expect(errors).toEqual([expect.any(TypeError)])
  })

  test('that subscribes during an event hears the next one', () => {
    const bus = createEventBus()
    const heard: number[] = []
    const listen = (): void => {
      const stop = bus.subscribe({}, ({ seq }) => {
        heard.push(seq)
        stop()
        // This would never end if the new listener heard the same event.
        if (heard.length < 10) listen()
      })
    }
    listen()

    bus.publish([storedEntry(), storedEntry({}, 1)])

    expect(heard).toEqual([1, 2])
  })

  test('whose subscription another listener ends hears nothing more, and nothing is reported', () => {
    const errors: unknown[] = []
    const bus = createEventBus({ onError: (error) => errors.push(error) })
    const heard: string[] = []
    bus.subscribe({}, () => stop())
    const stop = bus.subscribe({}, ({ id }) => void heard.push(id))

    bus.publish([storedEntry()])

    expect([heard, errors]).toEqual([[], []])
  })

  test('may return a value that is not a promise', () => {
    const errors: unknown[] = []
    const bus = createEventBus({ onError: (error) => errors.push(error) })
    bus.subscribe({}, () => true as never)

    bus.publish([storedEntry()])

    expect(errors).toEqual([])
  })

  test('can wait for one approval', () => {
    const bus = createEventBus()
    const heard: LoopEvent[] = []
    bus.subscribe({ approvalId: 'a' }, (event) => void heard.push(event))

    bus.publish(
      ['a', 'b'].map((id) =>
        storedEntry({
          type: 'loop.approval.approved',
          approval: { id, revision: 1, viewHash: '' },
        }),
      ),
    )

    expect(heard.map((event) => event.entry.approval?.id)).toEqual(['a'])
  })

  test('that fails is reported, and the others still hear the event', async () => {
    const errors: unknown[] = []
    const bus = createEventBus({ onError: (error) => errors.push(error) })
    let heard = 0
    bus.subscribe({}, fail)
    bus.subscribe({}, async () => fail())
    bus.subscribe({}, () => void (heard += 1))

    bus.publish([storedEntry(), storedEntry({}, 1)])
    await Promise.resolve()

    expect(heard).toBe(2)
    expect(errors).toHaveLength(4)
  })

  test('whose failure cannot be reported neither fails the commit nor holds up later entries', () => {
    const bus = createEventBus({ onError: fail })
    const heard: number[] = []
    bus.subscribe({}, fail)
    bus.subscribe({}, ({ seq }) => void heard.push(seq))

    bus.publish([storedEntry(), storedEntry({}, 1)])

    expect(heard).toEqual([1, 2])
  })

  test('whose failure is reported to an async onError that rejects does not end the process', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue()
    const bus = createEventBus({ onError: (async () => fail()) as () => never })
    bus.subscribe({}, fail)

    bus.publish([storedEntry()])

    await vi.waitFor(() => expect(warn).toHaveBeenCalledOnce())
  })

  test('that publishes does not change the order of events', () => {
    const bus = createEventBus()
    const heard: number[] = []
    bus.subscribe({}, ({ seq }) => {
      if (seq === 1) bus.publish([storedEntry({}, 9)])
    })
    bus.subscribe({}, ({ seq }) => void heard.push(seq))

    bus.publish([storedEntry({}, 0), storedEntry({}, 1)])

    expect(heard).toEqual([1, 2, 10])
  })

  test('does not hear of an entry that is not JSON; the bus goes on', () => {
    const errors: unknown[] = []
    const bus = createEventBus({ onError: (error) => errors.push(error) })
    let heard = 0
    bus.subscribe({}, () => void (heard += 1))

    bus.publish([{ ...storedEntry(), body: '{' }, storedEntry()])

    expect([heard, errors.length]).toEqual([1, 1])
  })
})

describe('a stream', () => {
  test('yields what is published before and while it is read, and ends with the bus', async () => {
    const bus = createEventBus()
    const stream = bus.stream()
    const seen: number[] = []
    bus.publish([storedEntry({}, 0)])

    const reading = (async () => {
      for await (const { seq } of stream) seen.push(seq)
    })()
    await Promise.resolve()
    bus.publish([storedEntry({}, 1)])
    bus.close()
    await reading

    expect(seen).toEqual([1, 2])
  })

  test('ends with its signal and when its reader leaves', async () => {
    const bus = createEventBus()
    const leaving = new AbortController()
    const aborted = bus.stream({}, { signal: leaving.signal })
    const left = bus.stream()
    bus.publish([storedEntry()])

    leaving.abort()
    await left.return?.()

    expect(await aborted.next()).toMatchObject({ done: false })
    expect(await aborted.next()).toEqual({ done: true, value: undefined })
    expect(await left.next()).toEqual({ done: true, value: undefined })
  })

  test('that is read too slowly yields what it holds and then fails, so that no gap is silent', async () => {
    const bus = createEventBus()
    const stream = bus.stream({}, { maxBuffered: 1 })

    bus.publish([storedEntry({}, 0), storedEntry({}, 1), storedEntry({}, 2)])

    expect(await stream.next()).toMatchObject({ value: { seq: 1 } })
    const error: unknown = await stream.next().catch((thrown: unknown) => thrown)
    expect(isLoopError(error) && [error.code, error.details]).toEqual([
      'unavailable',
      { lastSeq: 1 },
    ])
    expect(await stream.next()).toMatchObject({ done: true })
  })
})

test('a closed bus delivers nothing and refuses subscribers', () => {
  const bus = createEventBus()
  bus.close()

  bus.publish([storedEntry()])

  expect(() => bus.subscribe({}, fail)).toThrow(expect.objectContaining({ code: 'closed' }))
})

test.each([
  ['a misspelt field', { tennant: 'acme' }, '/tennant'],
  ['an undefined tenant', { tenant: undefined }, '/tenant'],
  ['a tenant that is null', { tenant: null }, '/tenant'],
  ['a type in place of a list', { types: 'loop.started' }, '/types'],
  ['an unknown type', { types: ['loop.strated'] }, '/types'],
  ['no filter', () => {}, ''],
])('%s is refused: the filter would select the wrong events, or none', (_, given, path) => {
  const bus = createEventBus()
  const filter = given as Parameters<typeof bus.subscribe>[0]
  const refused = expect.objectContaining({ code: 'invalid_input', path })
  expect(() => bus.subscribe(filter, () => {})).toThrow(refused)
  expect(() => bus.stream(filter)).toThrow(refused)
})

test('subscribing without a listener is refused', () => {
  const bus = createEventBus()
  const nobody = undefined as unknown as Parameters<typeof bus.subscribe>[1]
  expect(() => bus.subscribe({}, nobody)).toThrow(
    'A subscription needs a listener, which is a function.',
  )
})
