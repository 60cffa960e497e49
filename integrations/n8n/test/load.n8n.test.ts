import { expect, test } from 'vitest'

import { loadNodeTypes } from './node-types.fixture.ts'

test('n8n loads the shipped package, and makes a tool and a gate of its nodes', async () => {
  const types = await loadNodeTypes()

  const nameOf = (name: string): string =>
    types.getByNameAndVersion(`n8n-nodes-loop-engine.${name}`).description.displayName
  expect(nameOf('loopEngine')).toBe('Loop Engine')
  expect(nameOf('loopEngineTool')).toBe('Loop Engine')
  expect(nameOf('loopEngineApprovalHitlTool')).toBe('Loop Engine Approval')
  expect(nameOf('loopEngineTrigger')).toBe('Loop Engine Trigger')
})
