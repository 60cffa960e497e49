import type { ApprovalRequest } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { createBells } from './bells.ts'

const request = (id: string) => ({ id }) as ApprovalRequest

test('a bell rings for its own request, for everybody who waits, until it is taken down', () => {
  const bells = createBells()
  const heard: string[] = []
  const takeDown = bells.hang('a', ({ id }) => heard.push(`one ${id}`))
  bells.hang('a', ({ id }) => heard.push(`two ${id}`))
  bells.hang('b', ({ id }) => heard.push(`three ${id}`))

  bells.ring(request('a'))
  takeDown()
  takeDown()
  bells.ring(request('a'))
  bells.ring(request('c'))

  expect(heard).toEqual(['one a', 'two a', 'two a'])
})

test('whoever stops waiting takes nobody else down, even when the last one left meanwhile', () => {
  const bells = createBells()
  let rings = 0
  const first = bells.hang('a', () => undefined)
  first()
  bells.hang('a', () => (rings += 1))
  first()

  bells.ring(request('a'))

  expect(rings).toBe(1)
})
