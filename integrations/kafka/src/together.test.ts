import { expect, test } from 'vitest'

import { createTogether } from './together.ts'

/** Work whose turns the test ends one by one. */
function heldWork() {
  const turns: { pieces: readonly string[]; end: (error?: Error) => void }[] = []
  return {
    turns,
    work: (pieces: readonly string[]) =>
      new Promise<void>((resolve, reject) => {
        turns.push({ pieces, end: (error) => (error ? reject(error) : resolve()) })
      }),
  }
}
const bad = new Error('bad')
const away = new Error('away')
const { signal } = new AbortController()
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('pieces that are added while a turn runs are done together in the next', async () => {
  const { turns, work } = heldWork()
  const together = createTogether(work, () => undefined)

  const all = ['a', 'b', 'c'].map((piece) => together.add(piece, signal))
  turns[0]?.end()
  await settle()
  turns[1]?.end()
  await Promise.all(all)

  expect(turns.map(({ pieces }) => pieces)).toEqual([['a'], ['b', 'c']])
})

test('one bad piece fails no other', async () => {
  const { turns, work } = heldWork()
  const together = createTogether(work, (error) => (error === bad ? (piece) => piece : undefined))

  const outcomes = Promise.allSettled(['a', 'b', 'c'].map((piece) => together.add(piece, signal)))
  for (const fault of [undefined, bad, bad, undefined]) {
    turns.at(-1)?.end(fault)
    await settle()
  }

  expect((await outcomes).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
  expect(turns.map(({ pieces }) => pieces)).toEqual([['a'], ['b', 'c'], ['b'], ['c']])
})

test('pieces are tried group by group if the fault may be that of a group', async () => {
  const { turns, work } = heldWork()
  const together = createTogether(work, (error) => (error === bad ? ([kind]) => kind : undefined))

  const outcomes = Promise.allSettled(
    ['a', 'b1', 'c1', 'b2'].map((piece) => together.add(piece, signal)),
  )
  for (const fault of [undefined, bad, bad, undefined]) {
    turns.at(-1)?.end(fault)
    await settle()
  }

  expect((await outcomes).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'rejected',
  ])
  expect(turns.map(({ pieces }) => pieces)).toEqual([
    ['a'],
    ['b1', 'c1', 'b2'],
    ['b1', 'b2'],
    ['c1'],
  ])
})

test('a fault that is common to all pieces fails all of them at once', async () => {
  const { turns, work } = heldWork()
  const together = createTogether(work, (error) => (error === bad ? (piece) => piece : undefined))

  const outcomes = Promise.allSettled(['a', 'b', 'c'].map((piece) => together.add(piece, signal)))
  turns[0]?.end()
  await settle()
  turns[1]?.end(away)

  expect((await outcomes).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'rejected',
  ])
  expect(turns).toHaveLength(2)
})

test('work goes on after a failure', async () => {
  const { turns, work } = heldWork()
  const together = createTogether(work, () => undefined)

  const first = together.add('a', signal)
  turns[0]?.end(away)
  await expect(first).rejects.toBe(away)
  const second = together.add('b', signal)
  await settle()
  turns[1]?.end()

  await expect(second).resolves.toBeUndefined()
})

test('a piece that is aborted while it waits is not begun, alone or with others', async () => {
  const { turns, work } = heldWork()
  const together = createTogether(work, (error) => (error === bad ? (piece) => piece : undefined))
  const stop = new AbortController()

  const outcomes = Promise.allSettled([
    together.add('a', signal),
    together.add('b', signal),
    together.add('c', stop.signal),
  ])
  turns[0]?.end()
  await settle()
  stop.abort()
  turns[1]?.end(bad)
  await settle()
  turns[2]?.end()
  await settle()
  const late = together.add('d', stop.signal)

  expect((await outcomes).map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
  ])
  await expect(late).rejects.toThrow('aborted')
  expect(turns.map(({ pieces }) => pieces)).toEqual([['a'], ['b', 'c'], ['b']])
})
