import { expect, test } from 'vitest'

import { openEvidence } from './chain.ts'
import type { StoredEntry } from './entry.ts'

const entry: StoredEntry = {
  runId: 'run-1',
  seq: 2,
  type: 'loop.transition.executed',
  transitionId: null,
  at: 0,
  hash: '',
  body: '{}',
  evidence: '{"amount":1}',
  salt: '',
}

test('evidence is read back, and is nothing once it was erased', () => {
  expect(openEvidence(entry)).toEqual({ amount: 1 })
  expect(openEvidence({ ...entry, evidence: null })).toBeNull()
})

test.each(['{', '', 'null', '[]', '"text"', '1'])(
  'evidence that was changed to %j is damage of its entry',
  (evidence) => {
    expect(() => openEvidence({ ...entry, evidence })).toThrow(
      expect.objectContaining({ code: 'corrupt', details: { runId: 'run-1', seq: 2 } }),
    )
  },
)
