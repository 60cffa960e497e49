import type { ModelAttempt } from '../../contracts/provider.ts'
import { LoopError, type LoopErrorCode } from '../../errors.ts'
import type { Usage } from '../../model/actor.ts'

/** Why a model did not answer, as an adapter read it from its vendor's error. No text of the vendor's is kept. */
export interface ModelFault {
  readonly kind: 'status' | 'network' | 'timeout' | 'aborted' | 'bad_response' | 'unknown'
  readonly status?: number | undefined
  /** The vendor's short code or type, such as `rate_limit_error`. */
  readonly vendorCode?: string | null | undefined
  readonly requestId?: string | null | undefined
  readonly responseId?: string | null | undefined
  readonly retryAfterMs?: number | undefined
  readonly usage?: Usage | undefined
}

/** How a call without a usable answer is reported. */
export type Verdict = readonly [code: LoopErrorCode, retryable: boolean, says: string, hint: string]

/** The LoopError of a fault; what a program needs stands in `details`. */
export function faultError(
  plugin: string,
  fault: ModelFault,
  attempts: readonly ModelAttempt[] = [],
): LoopError {
  const { status, vendorCode, requestId, responseId, retryAfterMs, usage } = fault
  const known = {
    status,
    vendorCode: codeOnly(vendorCode),
    // An answer that broke off after its headers has an id too.
    requestId: requestId ?? attempts.at(-1)?.requestId ?? undefined,
    responseId,
    retryAfterMs,
    usage,
  }
  return verdictError(plugin, judge(fault), { ...present(known), attempts: attempts.length })
}

export function verdictError(
  plugin: string,
  [code, retryable, says, hint]: Verdict,
  details: Readonly<Record<string, unknown>>,
): LoopError {
  return new LoopError(code, `${plugin} ${says}`, { plugin, retryable, hint, details })
}

function judge({ kind, status = 0, vendorCode }: ModelFault): Verdict {
  if (kind === 'aborted') return aborted
  if (kind === 'timeout' || status === 408 || status === 504) return late
  if (kind === 'network') return unreachable
  if (kind === 'bad_response') return unreadable
  if (kind === 'unknown') return unknown
  const named = verdictOfCode(vendorCode)
  if (named) return named
  if (status === 401 || status === 403) return keyRefused
  if (status === 402) return unpaid
  if (status === 429) return tooOften
  if (status === 413) return tooLarge
  // 409: the vendor's locks; its SDKs ask again.
  return status === 409 || status >= 500 ? overloaded : requestRefused
}

/** What OpenAI and Azure call a request or an answer that a filter stopped. */
export const withheld = [
  'content_filter',
  'content_policy_violation',
  'invalid_prompt',
  'bio_policy',
  'misalignment_policy_violation',
]

export const withheldAnswer: Verdict = [
  'content_filtered',
  false,
  'withheld its answer.',
  'Change the evidence, or let a person decide.',
]
export const unreadable: Verdict = [
  'bad_response',
  true,
  'sent an answer that cannot be read.',
  'Ask again.',
]
const aborted: Verdict = [
  'aborted',
  false,
  'was stopped by its caller.',
  'Ask again if it is still wanted.',
]
const late: Verdict = ['timeout', true, 'did not answer in time.', 'Ask again, or raise timeoutMs.']
const unreachable: Verdict = [
  'unavailable',
  true,
  'could not be reached, or hung up.',
  'Ask again later.',
]
const overloaded: Verdict = ['unavailable', true, 'failed or is overloaded.', 'Ask again later.']
const unknown: Verdict = [
  'unavailable',
  false,
  'failed in a way that its adapter does not know.',
  'Check the key and the options; details.vendorCode names the error.',
]
const requestRefused: Verdict = [
  'invalid_config',
  false,
  'refused the request.',
  'Check the name of the model, the schema and the options: see details.vendorCode.',
]
const keyRefused: Verdict = ['auth', false, 'refused the key.', 'Check the key and what it may do.']
const unpaid: Verdict = ['auth', false, 'asks for payment.', 'Check the account of the key.']
const tooOften: Verdict = [
  'rate_limited',
  true,
  'is asked too often.',
  'Wait for details.retryAfterMs.',
]
const tooLarge: Verdict = [
  'too_large',
  false,
  'refused the size of the request.',
  'Send less evidence.',
]

const verdicts = new Map<string, Verdict>([
  // OpenAI and who speaks its format. xAI answers a wrong key with 400, OpenAI an empty account with 429.
  ['invalid_api_key', keyRefused],
  ['insufficient_quota', unpaid],
  ['rate_limit_exceeded', tooOften],
  ['context_length_exceeded', tooLarge],
  ...withheld.map((code) => [code, withheldAnswer] as const),
  // Anthropic.
  ['authentication_error', keyRefused],
  ['permission_error', keyRefused],
  ['billing_error', unpaid],
  ['rate_limit_error', tooOften],
  ['request_too_large', tooLarge],
  // Google.
  ['UNAUTHENTICATED', keyRefused],
  ['PERMISSION_DENIED', keyRefused],
  ['RESOURCE_EXHAUSTED', tooOften],
])

/** What a vendor's code means, whatever status it came with: some vendors answer 200 and then say that they failed. */
export function verdictOfCode(vendorCode: string | null | undefined): Verdict | undefined {
  return verdicts.get(vendorCode ?? '')
}

/** The code if it is one word; anything longer might quote the prompt. */
export function codeOnly(code: string | null | undefined): string | undefined {
  return code && /^[\w.:-]{1,64}$/.test(code) ? code : undefined
}

export function present<Value extends object>(value: Value): Partial<Value> {
  // Entries of an object of this type make an object of it with fewer keys.
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as Partial<Value>
}
