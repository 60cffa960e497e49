import { expect, test } from 'vitest'

import { createIdentifiers } from './identifiers.ts'

test('ids are of version 7, and each is greater than the one before, also within a millisecond', () => {
  const { id } = createIdentifiers()

  const ids = Array.from({ length: 20_000 }, id)

  expect(ids.filter((each) => !/^\w{8}-\w{4}-7\w{3}-a\w{3}-\w{12}$/.test(each))).toEqual([])
  expect(ids.toSorted()).toEqual(ids)
  expect(new Set(ids).size).toBe(ids.length)
})
