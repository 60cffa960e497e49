import { expect, test } from 'vitest'

import { run } from './main.ts'

test('the workflow waits for finance and for customs, and both are on record', async () => {
  expect(await run()).toEqual([
    'charged 500',
    'fay of customs lets it go',
    'shipped A-1',
    'temporal.activity:charge is EXECUTED',
    'temporal.gate:export-control is PASSED',
  ])
})
