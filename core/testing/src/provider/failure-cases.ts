import type { LoopErrorCode } from '@loop-engine/core'

import type { ModelReply } from '../model-server/model-reply.ts'
import type { WireBench } from './wire-bench.ts'

/** One way in which a model fails to answer, and the error that must result. */
export interface FailureCase {
  readonly name: string
  readonly reply: ModelReply
  readonly codes: readonly LoopErrorCode[]
  /** Undefined if both true and false are acceptable. */
  readonly retryable?: boolean
  /** Whether an answer arrived, so that its id and its token counts are known. */
  readonly answered?: boolean
  readonly status?: number
}

const withheld: readonly LoopErrorCode[] = ['refused', 'content_filtered']
const spoken = { answered: true, retryable: false } as const
const useless = { answered: true, retryable: true, codes: ['bad_response'] } as const

/** Answers from which no decision can be read. */
export function decisionFailures({ lacks }: WireBench): FailureCase[] {
  const refused = lacks('refusal') ? withheld : (['refused'] as const)
  const filtered = lacks('content_filter') ? withheld : (['content_filtered'] as const)
  return [
    { name: 'a refusal', reply: { kind: 'refusal' }, codes: refused, ...spoken },
    { name: 'a content filter', reply: { kind: 'content_filter' }, codes: filtered, ...spoken },
    ...partialFailures,
    { name: 'prose instead of JSON', reply: { kind: 'not_json' }, ...useless },
    { name: 'a signal that is not open', reply: { kind: 'wrong_signal' }, ...useless },
  ]
}

const partialFailures: readonly FailureCase[] = [
  { name: 'a truncated answer', reply: { kind: 'truncated' }, codes: ['truncated'], ...spoken },
  { name: 'an empty answer', reply: { kind: 'empty' }, ...useless },
]

/** Answers that cannot serve as grounds. */
export const groundingFailures: readonly FailureCase[] = [
  ...partialFailures,
  {
    name: 'an answer without a single source',
    reply: { kind: 'text', text: 'So it is said.' },
    ...useless,
  },
]

const statusFailures: readonly FailureCase[] = (
  [
    [400, 'invalid_config', false],
    [403, 'auth', false],
    [404, 'invalid_config', false],
    [413, 'too_large', false],
    [429, 'rate_limited', true],
    [500, 'unavailable', true],
    [503, 'unavailable', true],
    [529, 'unavailable', true],
  ] as const
).map(([status, code, retryable]) => ({
  name: `status ${status}`,
  reply: { kind: 'status', status },
  codes: [code],
  retryable,
  status,
}))

/** Failures that can occur between any client and any vendor. */
export const lineFailures: readonly FailureCase[] = [
  ...statusFailures,
  {
    name: 'a failure that comes with HTTP 200',
    reply: { kind: 'failed' },
    // A vendor without such an answer sends one that cannot be read.
    codes: ['unavailable', 'bad_response'],
    retryable: true,
  },
  {
    name: 'an answer that is cut in the middle',
    reply: { kind: 'cut' },
    codes: ['unavailable'],
    retryable: true,
  },
  {
    name: 'a connection that is cut before the answer',
    reply: { kind: 'cut', before: true },
    codes: ['unavailable'],
    retryable: true,
  },
  {
    name: "a gateway's page instead of an error",
    reply: { kind: 'status', status: 502, text: '<html>EVIDENCE-THAT-STAYS-INSIDE</html>' },
    codes: ['unavailable'],
    retryable: true,
    status: 502,
  },
  {
    name: 'a page instead of an answer',
    reply: { kind: 'status', status: 200, text: '<html>EVIDENCE-THAT-STAYS-INSIDE</html>' },
    codes: ['bad_response', 'unavailable'],
  },
]
