import { expect, test } from 'vitest'

import { run } from './main.ts'

test('an agent is refused, a person approves, and both are on record', async () => {
  expect(await run()).toEqual([
    '1 loop.started by system:intake',
    '2 loop.transition.rejected by agent:expenses',
    '3 loop.transition.executed by alice',
  ])
})
