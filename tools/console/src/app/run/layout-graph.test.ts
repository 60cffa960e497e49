import { defineLoop } from '@loop-engine/sdk'
import { expect, test } from 'vitest'

import { layoutGraph } from './layout-graph.ts'

const loop = defineLoop({
  id: 'door',
  states: ['CLOSED', 'OPEN', { id: 'GONE', terminal: true }],
  initialState: 'CLOSED',
  transitions: [
    { id: 'open', from: 'CLOSED', to: 'OPEN', actors: ['human'] },
    { id: 'push', from: 'CLOSED', to: 'OPEN', actors: ['human'] },
    { id: 'close', from: 'OPEN', to: 'CLOSED', actors: ['human'] },
    { id: 'knock', from: 'CLOSED', to: 'CLOSED', actors: ['human'] },
    { id: 'remove', from: 'OPEN', to: 'GONE', actors: ['human'] },
  ],
})

test('every state and every transition has a place of its own inside the drawing', () => {
  const { width, height, boxes, arrows } = layoutGraph(loop)

  expect(boxes.map(({ id }) => id)).toEqual(['CLOSED', 'OPEN', 'GONE'])
  expect(new Set(arrows.map(({ line }) => line)).size).toBe(5)
  for (const { x, y } of [...boxes, ...arrows.map(({ label }) => label)]) {
    expect(x).toBeGreaterThan(0)
    expect(x).toBeLessThan(width)
    expect(y).toBeGreaterThan(0)
    expect(y).toBeLessThan(height)
  }
})

test('the same loop is drawn alike', () => {
  expect(layoutGraph(loop)).toEqual(layoutGraph(loop))
})
