import type { Clock } from '../contracts/clock.ts'
import type { ModelAttempt, ModelCallOptions } from '../contracts/provider.ts'
import { isLoopError } from '../errors.ts'
import type { Actor, Principal } from '../model/actor.ts'
import { quiet } from '../quiet.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { createAttemptLog, type AttemptLog } from './attempt-log.ts'
import { faultError, present, type ModelFault } from './faults/model-fault.ts'
import { transportFault } from './faults/transport-fault.ts'
import { endError, type AnswerEnd, type ModelAnswer } from './model-answer.ts'

export interface CallContext {
  /** Ends with the caller's signal or the time limit. */
  readonly signal: AbortSignal
  readonly attempts: AttemptLog
  /** Present when the caller wants a stream; never throws. */
  readonly onText?: (delta: string) => void
}

/** One vendor, reduced to: send this, and say what went wrong. */
export interface ModelVendor<Request, Answer extends ModelAnswer> {
  readonly name: string
  readonly model: string
  send(request: Request, context: CallContext): Promise<Answer>
  /**
   * Reads an error of the vendor; undefined for any other error. A zod error of `send` means that the answer could not be
   * read. No error is passed on as it is, because its text may quote a key or a prompt.
   */
  readFault(error: unknown): ModelFault | undefined
}

export interface CallLimits {
  /** For the whole call with its retries; see `checkTimeout`. */
  readonly timeoutMs: number
  readonly clock: Pick<Clock, 'now'>
}

export interface Attribution {
  readonly agentId: string
  readonly displayName?: string | undefined
  readonly onBehalfOf?: Principal | undefined
  readonly promptVersion?: string | undefined
  readonly templateHash?: string | undefined
}

export interface AnsweredCall<Answer> {
  readonly answer: Answer
  readonly actor: Actor
  readonly requestId: string | null
  readonly attempts: readonly ModelAttempt[]
}

/** Asks once, under a time limit, and attributes the answer. Throws a `LoopError` for anything but a complete answer. */
export async function callModel<Request, Answer extends ModelAnswer>(
  vendor: ModelVendor<Request, Answer>,
  request: Request,
  { timeoutMs, clock }: CallLimits,
  attribution: Attribution,
  { signal, onProgress }: ModelCallOptions,
): Promise<AnsweredCall<Answer>> {
  const notify = onProgress && quiet(onProgress)
  if (signal?.aborted) throw faultError(vendor.name, { kind: 'aborted' })
  const startedAt = clock.now()
  const log = createAttemptLog({
    clock,
    model: vendor.model,
    onProgress: notify,
    endsAt: startedAt + timeoutMs,
  })
  const { attempts } = log
  const limit = AbortSignal.timeout(timeoutMs)
  const ending = signal ? AbortSignal.any([signal, limit]) : limit
  const sent = vendor.send(request, {
    signal: ending,
    attempts: log,
    ...(notify && { onText: (delta: string) => notify({ type: 'text', delta }) }),
  })
  // Some SDKs do not notice an abort while they wait for their next attempt; the caller must not wait with them.
  const stopped = unlessAborted(sent, ending, () => ending.reason)
  const answer = await stopped.catch((error: unknown) => {
    if (isLoopError(error)) throw error
    if (log.unsent) throw log.unsent
    if (signal?.aborted) throw faultError(vendor.name, { kind: 'aborted' }, attempts)
    if (limit.aborted) throw faultError(vendor.name, { kind: 'timeout' }, attempts)
    const fault = vendor.readFault(error) ?? transportFault(error)
    throw faultError(vendor.name, withStatus(fault, attempts), attempts)
  })
  const last = attempts.at(-1)
  const requestId = answer.requestId ?? last?.requestId ?? null
  const end: AnswerEnd = answer.end
  if (end !== 'complete') throw endError(vendor.name, end, { ...answer, requestId }, attempts)
  return {
    answer,
    requestId,
    attempts: [...attempts],
    actor: {
      type: 'ai-agent',
      id: attribution.agentId,
      provider: vendor.name,
      modelId: vendor.model,
      responseId: answer.responseId,
      // A clock may be set back while a model thinks.
      latencyMs: Math.max(clock.now() - startedAt, 0),
      attempts: Math.max(attempts.length, 1),
      ...present({
        displayName: attribution.displayName,
        onBehalfOf: attribution.onBehalfOf,
        promptVersion: attribution.promptVersion,
        templateHash: attribution.templateHash,
        promptHash: last?.promptHash,
        servedModel: answer.servedModel,
        usage: answer.usage,
      }),
    },
  }
}

/** An SDK that cannot read the body of an error loses its status, and a wrong key would look like a bad answer. */
function withStatus(fault: ModelFault, attempts: readonly ModelAttempt[]): ModelFault {
  const status = attempts.at(-1)?.status ?? 200
  const isLost = fault.kind === 'bad_response' || fault.kind === 'unknown'
  return isLost && status >= 300 ? { ...fault, kind: 'status', status } : fault
}
