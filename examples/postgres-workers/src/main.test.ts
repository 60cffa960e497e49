import { expect, test } from 'vitest'

import { run } from './main.ts'

test('each payment that one process decides is made once by the others, although one of them is killed', async () => {
  expect(await run()).toEqual([
    ...[1, 2, 3, 4, 5].map((order) => `order-${order} was decided here and paid elsewhere`),
    '1 worker was killed while it paid',
    'the bank made 5 payments, although it was asked 2 times for order-3',
    'the record is whole',
  ])
})
