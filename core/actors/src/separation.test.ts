import type { Actor, Principal } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { distinctPeople, principalIds, sameParty } from './separation.ts'

const alice: Principal = { type: 'human', id: 'alice' }
const bob: Principal = { type: 'human', id: 'bob' }
const agentOfAlice: Principal = {
  type: 'ai-agent',
  id: 'worker',
  onBehalfOf: { type: 'ai-agent', id: 'planner', onBehalfOf: alice },
}

test('principalIds lists the whole delegation chain, nearest first', () => {
  expect(principalIds(agentOfAlice)).toEqual(['worker', 'planner', 'alice'])
})

test('an agent and everybody in its delegation chain are one party', () => {
  expect(sameParty(alice, agentOfAlice)).toBe(true)
  expect(sameParty(agentOfAlice, alice)).toBe(true)
  expect(sameParty(bob, agentOfAlice)).toBe(false)
})

test('two spellings of an id are one person', () => {
  for (const id of ['Alice', 'user:alice', 'USER:ALICE', 'ａlice']) {
    expect(sameParty({ type: 'human', id }, agentOfAlice)).toBe(true)
  }
})

test('linked accounts are one person', () => {
  const classOf = (id: string): string => (id === 'a.smith' ? 'alice' : id)

  expect(sameParty({ type: 'human', id: 'a.smith' }, alice)).toBe(false)
  expect(sameParty({ type: 'human', id: 'a.smith' }, alice, classOf)).toBe(true)
  expect(distinctPeople([alice as Actor, { type: 'human', id: 'a.smith' }], classOf)).toBe(1)
})

test('only humans count as people', () => {
  expect(distinctPeople([alice, bob, alice, { type: 'system', id: 'cron' }] as Actor[])).toBe(2)
})
