import type { ModelAttempt } from '../contracts/provider.ts'
import type { LoopError } from '../errors.ts'
import type { Usage } from '../model/actor.ts'
import {
  codeOnly,
  present,
  unreadable,
  verdictError,
  verdictOfCode,
  withheldAnswer,
  type Verdict,
} from './faults/model-fault.ts'

/** How a vendor's answer ended. Only `complete` carries something to read. */
export type AnswerEnd =
  | 'complete'
  | 'refused'
  | 'truncated'
  | 'filtered'
  | 'failed'
  /** A body that is not what the vendor documents. */
  | 'unreadable'

/** What an adapter read from its vendor's answer, in the words of the core. */
export interface ModelAnswer {
  readonly end: AnswerEnd
  readonly text: string
  /** Null when the vendor sent none; never invented. */
  readonly responseId: string | null
  readonly requestId?: string | null | undefined
  readonly servedModel?: string | undefined
  readonly usage?: Usage | undefined
  readonly vendorCode?: string | null | undefined
}

const verdicts: Readonly<Record<Exclude<AnswerEnd, 'complete'>, Verdict>> = {
  refused: [
    'refused',
    false,
    'refused to answer.',
    'Change the instruction, or let a person decide.',
  ],
  truncated: [
    'truncated',
    false,
    'ran out of tokens.',
    'Raise maxOutputTokens or send less evidence.',
  ],
  filtered: withheldAnswer,
  failed: ['unavailable', true, 'reports that it failed.', 'Ask again later.'],
  unreadable,
}

/** The LoopError of an answer that is not complete. */
export function endError(
  plugin: string,
  end: Exclude<AnswerEnd, 'complete'>,
  answer: ModelAnswer,
  attempts: readonly ModelAttempt[],
): LoopError {
  const named = end === 'failed' ? verdictOfCode(answer.vendorCode) : undefined
  return verdictError(plugin, named ?? verdicts[end], answerDetails(answer, attempts))
}

/** The facts of an answer that could not be used; it was paid for all the same. */
export function answerDetails(
  { responseId, requestId, servedModel, usage, vendorCode }: ModelAnswer,
  attempts: readonly ModelAttempt[],
): Record<string, unknown> {
  const known = { responseId, requestId, servedModel, usage, vendorCode: codeOnly(vendorCode) }
  return { ...present(known), attempts: attempts.length }
}
