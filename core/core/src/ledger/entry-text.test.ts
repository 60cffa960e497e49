import fc from 'fast-check'
import { expect, test } from 'vitest'

import { canonicalize } from '../json/canonical.ts'
import type { JsonObject } from '../json/json.ts'
import { entryText } from './entry-text.ts'
import { entryTypes, type EntryDraft } from './entry.ts'

const words = fc.string({ unit: 'grapheme', maxLength: 80 })
const json = fc
  .dictionary(words, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 })
  .filter(isPlain)
  .map((value) => value as JsonObject)
const amounts = fc.oneof(fc.nat(), fc.double({ noNaN: true, noDefaultInfinity: true }))

const guard = fc.record(
  {
    id: words,
    use: words,
    severity: fc.constantFrom('hard' as const, 'soft' as const),
    passed: fc.boolean(),
    durationUs: fc.nat(),
    parameters: json,
    reason: words,
    message: words,
  },
  { requiredKeys: ['id', 'use', 'severity', 'passed', 'durationUs'] },
)
const required = {
  tenant: words,
  loopId: words,
  aggregateId: words,
  runId: words,
  type: fc.constantFrom(...entryTypes),
  at: amounts,
  durability: fc.constantFrom('memory' as const, 'process' as const, 'power' as const),
  definition: words,
  actor: fc.record(
    {
      type: fc.constantFrom('human' as const, 'ai-agent' as const),
      id: words,
      confidence: amounts,
    },
    { requiredKeys: ['type', 'id'] },
  ),
}
const drafts: fc.Arbitrary<EntryDraft> = fc.record(
  {
    ...required,
    transitionId: words,
    fromState: words,
    toState: words,
    status: fc.constantFrom('active' as const, 'failed' as const),
    guards: fc.array(guard, { maxLength: 3 }),
    evidence: fc.record({ digest: words, bytes: fc.nat() }),
    counters: fc.array(
      fc.record(
        { key: words, bucket: fc.nat(), amount: amounts, limit: amounts, expiresAt: fc.nat() },
        { requiredKeys: ['key', 'bucket', 'amount', 'limit'] },
      ),
      { maxLength: 2 },
    ),
    actionDigest: words,
    approval: fc.record(
      {
        id: words,
        revision: fc.nat(),
        viewHash: words,
        reviewers: fc.array(words, { maxLength: 2 }),
      },
      { requiredKeys: ['id', 'revision', 'viewHash'] },
    ),
    effect: fc.record({
      id: words,
      integration: words,
      action: words,
      semantics: fc.constant('idempotent' as const),
      inputDigest: words,
    }),
    receipt: words,
    receiptExpiresAt: amounts,
    reason: words,
    message: words,
    idempotencyKey: words,
    correlationId: words,
    traceparent: words,
    data: json,
  },
  { requiredKeys: Object.keys(required) as (keyof typeof required)[] },
)

test('the text of an entry is its canonical JSON, whatever it holds', () => {
  fc.assert(
    fc.property(drafts, fc.nat(), words, (draft, seq, prevHash) => {
      expect(entryText(draft, seq, prevHash)).toBe(canonicalize({ ...draft, v: 1, seq, prevHash }))
    }),
    { numRuns: 2000, seed: 1 },
  )
})

const [draft] = fc.sample(drafts, { numRuns: 1, seed: 7 })
test.each([
  ['a lone surrogate', { aggregateId: '\ud800' }],
  ['a time that is no number', { at: Number.NaN }],
])('%s is refused', (_, fault) => {
  expect(() => entryText({ ...draft, ...fault } as EntryDraft, 1, '')).toThrow(
    expect.objectContaining({ code: 'invalid_json' }),
  )
})

function isPlain(value: object): boolean {
  return !JSON.stringify(value).includes('__proto__')
}
