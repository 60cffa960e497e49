import fc from 'fast-check'

/** A good call of each tool. The test sends it with a few fields changed. */
export const goodCalls: Readonly<Record<string, Record<string, unknown>>> = {
  list_loops: {},
  list_runs: { loopId: 'purchase' },
  get_run: { aggregateId: 'PO-1' },
  get_history: { aggregateId: 'PO-1' },
  list_transitions: { aggregateId: 'PO-1' },
  request_transition: { aggregateId: 'PO-1', transitionId: 'audit', idempotencyKey: 'k' },
  start_run: { loopId: 'purchase', aggregateId: 'PO-7', idempotencyKey: 'k' },
  get_approval: { approvalId: 'none' },
  list_exceptions: { kind: 'dead_letters' },
}

const fields =
  'aggregateId transitionId evidence idempotencyKey expected loopId runId approvalId kind from limit cursor state status actor tenant roles __proto__ constructor'.split(
    ' ',
  )
const texts =
  'PO-1 PO-2 PAY-1 $control purchase payroll quote order audit dead_letters failed_runs blocked_runs active k .. \u202e \u0000'.split(
    ' ',
  )
const numbers = [1, 0, -1, 50, 51, 1.5, 1e300]
const objects = [{ amount: 5 }, { amount: 'x' }, { type: 'human', id: 'root' }]

const oddValue = fc.oneof(
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 4, arbitrary: fc.constantFrom<unknown>(...texts, ...numbers, ...objects, null, true) },
)

/** Fields that replace those of a good call, or are added to it. */
export const changes: fc.Arbitrary<Record<string, unknown>> = fc
  .array(fc.tuple(fc.constantFrom(...fields), oddValue), { maxLength: 3 })
  .map((pairs) => Object.fromEntries(pairs) as Record<string, unknown>)

/** Addresses of resources, ours and others. */
export const address: fc.Arbitrary<string> = fc.oneof(
  fc.webUrl(),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .tuple(fc.constantFrom('loops', 'runs'), fc.string({ maxLength: 30 }))
    .map(([kind, id]) => `loop-engine://${kind}/${id}/timeline`),
)

const methods =
  'initialize tools/call tools/list server/discover resources/read prompts/get subscriptions/listen completion/complete x __proto__'.split(
    ' ',
  )
const message = fc.record(
  {
    jsonrpc: fc.constantFrom('2.0', '1.0', 2),
    id: fc.oneof(fc.nat(), fc.string({ maxLength: 5 }), fc.constant(null)),
    method: fc.constantFrom(...methods),
    params: oddValue,
  },
  { requiredKeys: [] },
)

/** Bodies that are a message, almost one, or none at all. */
export const body: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.json(),
  message.map((sent) => JSON.stringify(sent)),
  fc.array(message, { maxLength: 3 }).map((sent) => JSON.stringify(sent)),
)
