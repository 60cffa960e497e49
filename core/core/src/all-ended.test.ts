import { setImmediate as nextTurn } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { allEnded } from './all-ended.ts'

test('who hears of a failure hears of it when all has ended', async () => {
  let ended = 0
  const slow = nextTurn().then(() => (ended += 1))

  await expect(allEnded([Promise.reject(new Error('first')), slow])).rejects.toThrow('first')
  expect(ended).toBe(1)
  expect(await allEnded([slow, Promise.resolve(2)])).toEqual([1, 2])
})
