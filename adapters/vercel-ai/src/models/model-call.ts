import { isLoopError, type Actor, type Clock, type JsonObject } from '@loop-engine/core'
import { present } from '@loop-engine/core/provider'

import { abortSignalOf, fieldsOf } from '../fields.ts'
import type { AskingModels } from './asking-model.ts'
import { answerFacts, finishFacts, responseFacts, type AnswerFacts } from './model-answer.ts'
import type { AttemptLink, LinkedAttempt } from './model-attempts.ts'
import { abortReason, failureOf, wasAborted, type ModelFailure } from './model-failure.ts'
import type { CallEnd } from './model-loop.ts'
import {
  askedToolCall,
  createModelOutput,
  namedInRecord,
  type ModelOutput,
} from './model-output.ts'
import type { OpenRecord } from './model-record.ts'
import type { ModelWitness } from './model-witness.ts'

/** How one attempt ended, as it was recorded. */
export interface ModelCallEvidence extends AttemptLink {
  readonly outcome: 'answered' | 'failed' | 'aborted' | 'blocked'
  readonly aggregateId: string
  /** Null if no run could be started, as under a stop. */
  readonly runId: string | null
  readonly actor: Actor
  readonly evidence: JsonObject
}

/** One attempt under way. Its record is closed exactly once, by whatever ends it first. */
export interface GovernedCall {
  readonly output: ModelOutput
  /** Does part of the call. If `work` throws, closes the record and throws the error on. */
  guarding<Value>(work: () => PromiseLike<Value>): Promise<Value>
  /** Reads the result of `doGenerate` or `doStream`. */
  hear(result: unknown): void
  /** Reads a part of a stream. */
  hearPart(part: unknown): void
  /** Notes an error that the vendor reports in its stream; more parts may follow. */
  objected(error: unknown): void
  /** Notes a tool call that the model asks this side to run, so that a strict tool may run it. */
  propose(part: unknown): Promise<void>
  /** Closes the record of a complete answer. Throws if the answer may not be used. */
  finish(): Promise<void>
  /** Closes the record when the stream ends. Without `finish` before, the answer was cut off. */
  end(): Promise<void>
  /** Closes the record when the consumer cancels the stream. */
  abandon(): Promise<void>
}

export interface GovernedCallOptions {
  readonly opened: OpenRecord
  readonly actor: Actor
  readonly attempt: LinkedAttempt
  readonly params: unknown
  readonly streamed: boolean
  readonly record: 'hashes' | 'text'
  readonly witness: ModelWitness | undefined
  /** Told of each tool call that the model asks for, with the attribution of the model. */
  readonly noteAsked: AskingModels['note']
  readonly clock: Pick<Clock, 'now'>
  readonly tell: (evidence: ModelCallEvidence) => void
}

const outcomes = { answer: 'answered', fail: 'failed', abort: 'aborted' } as const

export function createGovernedCall({
  opened,
  actor,
  attempt,
  params,
  streamed,
  record,
  witness,
  noteAsked,
  clock,
  tell,
}: GovernedCallOptions): GovernedCall {
  const { link } = attempt
  const { aggregateId, runId } = opened
  const output = createModelOutput()
  const signal = abortSignalOf(params)
  const startedAt = clock.now()
  let facts: AnswerFacts = {}
  let firstPartMs: number | undefined
  let objection: ModelFailure | undefined
  let closing: Promise<void> | undefined

  const learn = (more: AnswerFacts): void => {
    facts = { ...facts, ...more }
  }
  const close = (end: CallEnd, why: JsonObject = {}): Promise<void> =>
    (closing ??= closeNow(end, why))

  async function closeNow(end: CallEnd, why: JsonObject): Promise<void> {
    signal?.removeEventListener('abort', onAbort)
    if (end === 'fail') attempt.failed(runId)
    if (end === 'answer') attempt.answered()
    const latencyMs = Math.max(clock.now() - startedAt, 0)
    const { responseId = null, servedModel, usage, requestId = null, ...rest } = facts
    const by: Actor = {
      ...actor,
      responseId,
      latencyMs,
      attempts: link.attempt,
      ...present({ servedModel, usage }),
    }
    const evidence: JsonObject = {
      outcome: outcomes[end],
      ...link,
      ...why,
      responseId,
      requestId,
      ...present({ servedModel, usage: usage && { ...usage }, ...rest, firstPartMs }),
      latencyMs,
      outputHash: output.hash(),
      toolCalls: output.toolCalls.map(namedInRecord),
    }
    if (record === 'hashes') await opened.close(end, by, evidence)
    else await closeWithWords(end, by, evidence)
    tell({ outcome: outcomes[end], aggregateId, runId, ...link, actor: by, evidence })
  }

  /** Closes the record with the text of the answer; without it, if that is more than the engine takes. */
  async function closeWithWords(end: CallEnd, by: Actor, evidence: JsonObject): Promise<void> {
    try {
      await opened.close(end, by, { ...evidence, output: output.words() })
    } catch (error) {
      if (!isLoopError(error) || error.code !== 'too_large') throw error
      await opened.close(end, by, { ...evidence, output: { omitted: true } })
    }
  }

  /**
   * Closes the record at once, because the stream may never be read again after an abort. If closing fails, the next
   * read or cancel of the stream throws that error.
   */
  function onAbort(): void {
    close('abort', { reason: abortReason(signal) }).catch(() => undefined)
  }

  const fail = (failure: ModelFailure): Promise<void> => close('fail', { failure: { ...failure } })

  return {
    output,
    async guarding(work) {
      try {
        return await work()
      } catch (error) {
        if (wasAborted(error, signal)) await close('abort', { reason: abortReason(signal) })
        else await fail(failureOf(error))
        throw error
      }
    },
    hear(result) {
      learn(answerFacts(result))
      if (!streamed) return
      signal?.addEventListener('abort', onAbort, { once: true })
      if (signal?.aborted) onAbort()
    },
    hearPart(part) {
      const { type } = fieldsOf(part)
      if (type === 'response-metadata') learn(responseFacts(part))
      else if (type === 'finish') learn(finishFacts(part))
      else if (type !== 'stream-start') firstPartMs ??= Math.max(clock.now() - startedAt, 0)
    },
    objected(error) {
      objection ??= failureOf(error)
    },
    async propose(part) {
      const asked = askedToolCall(part)
      if (!asked) return
      const { provider, modelId, promptHash } = actor
      const { servedModel, responseId = null } = facts
      noteAsked(asked, present({ provider, modelId, promptHash, servedModel, responseId }))
      await witness?.propose(asked, actor, runId)
    },
    finish() {
      if (!objection && facts.finishReason === 'error') objection = { name: 'FinishedWithError' }
      return objection ? fail(objection) : close('answer')
    },
    end: () => fail(objection ?? { name: 'CutStream', retryable: true }),
    abandon: () => (objection ? fail(objection) : close('abort', { reason: 'stream_cancelled' })),
  }
}
