import { approvalStatuses, type ApprovalRequest } from '@loop-engine/core'
import { approvalRequest, startPlan } from '@loop-engine/testing'
import fc from 'fast-check'

/** Texts that an attacker, a model or a tired person may write. */
const nasty = fc.constantFrom(
  '<!channel>',
  '<@U1>',
  '<https://evil.example|the console>',
  '&lt;',
  '```',
  '\u202e',
  '\u200b',
  '\u2800',
  '\u{e0041}',
  '\ud800',
  '\u0000',
  '\n',
  '"\\',
  '漢字',
  '👩‍👧',
  'a'.repeat(997),
  '&'.repeat(3001),
  '漢'.repeat(4000),
)
const text = fc
  .array(fc.oneof(nasty, fc.string({ unit: 'binary', maxLength: 20 })), { maxLength: 4 })
  .map((parts) => parts.join(''))
const value = fc.oneof(
  text,
  fc.double(),
  fc.boolean(),
  fc.array(text, { maxLength: 3 }),
  fc.dictionary(text, text, { maxKeys: 3 }),
)
const when = fc.integer({ min: 0, max: 4_102_444_800_000 })
const optional = <Value>(of: fc.Arbitrary<Value>) => fc.option(of, { nil: undefined })

const view = fc.record({
  title: text,
  loop: fc.record({ id: text, name: text, version: text }),
  aggregateId: text,
  transition: fc.record({
    id: text,
    from: text,
    to: text,
    description: optional(text),
    risk: fc.constantFrom('low', 'high', 'critical', undefined),
  }),
  requester: fc.record({
    type: text,
    id: text,
    displayName: optional(text),
    model: optional(text),
    onBehalfOf: optional(text),
  }),
  fields: fc.array(fc.record({ path: text, label: text, value, fromModel: fc.boolean() }), {
    maxLength: 60,
  }),
  effect: optional(fc.record({ integration: text, action: text, input: value })),
  warnings: fc.array(text, { maxLength: 5 }),
  ifNothing: text,
  expiresAt: when,
})
const decision = fc.record({
  decision: fc.constantFrom('approve', 'reject', 'edit', 'respond', 'abstain'),
  reviewer: fc.record({ type: fc.constant('human'), id: text }),
  stage: fc.nat(2),
  revision: fc.integer({ min: 1, max: 3 }),
  reason: optional(text),
  at: when,
})
/** Any request, with any view. */
export const anyRequest = fc
  .record({
    view,
    status: fc.constantFrom(...approvalStatuses),
    decisions: fc.array(decision, { maxLength: 12 }),
    escalated: fc.array(text, { maxLength: 20 }),
    reviewers: fc.array(text, { minLength: 1, maxLength: 20 }),
    evidence: fc.dictionary(text, value, { maxKeys: 30 }),
  })
  .map(
    // The generator makes every shape of the type. The cast is needed only because optional fields may be `undefined`.
    ({ reviewers, ...change }) =>
      approvalRequest(startPlan().instance, {
        ...change,
        policy: { stages: [{ reviewers, quorum: 2 }], fourEyes: true, expiresIn: '1h' },
      } as unknown as Partial<ApprovalRequest>),
  )
