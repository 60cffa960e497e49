import { setImmediate as nextTurn } from 'node:timers/promises'

import { LoopError } from '@loop-engine/core'
import { createMemoryStore } from '@loop-engine/sdk'
import { expect, test } from 'vitest'

import { callRefund as call, openRefundDesk } from './refund-desk.fixture.ts'
import { newest } from './tool-majors.fixture.ts'

const big = { order: 7, amount: 500 }

test('a call that nobody knows is told of before any other runs', async () => {
  const desk = await openRefundDesk(newest)
  const governed = desk.govern()
  await expect(call(governed, big)).rejects.toThrow('waits')
  await desk.decide('call-1', 'approve')

  const resuming = governed.resume(['refund/call-1', 'refund/none'])

  await expect(resuming).rejects.toMatchObject({ code: 'not_found' })
  await nextTurn()
  expect(desk.ran).toEqual([])
})

test('a store that is away for one call lets the others end first', async () => {
  const kept = createMemoryStore()
  let isAway = false
  const store = {
    ...kept,
    async commit(...[plans]: Parameters<typeof kept.commit>) {
      if (isAway && plans.some(({ instance }) => instance.aggregateId === 'refund/away'))
        throw new LoopError('unavailable', 'The database is away.')
      if (isAway) await nextTurn()
      return kept.commit(plans)
    },
  }
  const desk = await openRefundDesk(newest, { store })
  const governed = desk.govern()
  for (const id of ['away', 'near']) {
    await expect(call(governed, big, id)).rejects.toThrow('waits')
    await desk.decide(id, 'approve')
  }

  isAway = true
  const resuming = governed.resume(['refund/away', 'refund/near'])

  await expect(resuming).rejects.toMatchObject({ code: 'unavailable' })
  expect(await desk.stateOf('refund/near')).toBe('EXECUTED')
})
