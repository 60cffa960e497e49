import type { JsonObject } from '@loop-engine/core'

/** What the model server does with a request. */
export type ModelReply =
  /**
   * Answers with this decision in the form that the request asks for: as text, or as a call of the tool that it forces.
   */
  | (AnswerFacts & { readonly kind: 'decision'; readonly value: JsonObject })
  | (AnswerFacts & { readonly kind: 'text'; readonly text: string })
  /** The model refuses, in the vendor's own format. */
  | (AnswerFacts & { readonly kind: 'refusal' })
  /** The answer ends in the middle, because the limit of tokens is reached. */
  | (AnswerFacts & { readonly kind: 'truncated' })
  /** The vendor withholds the answer. */
  | (AnswerFacts & { readonly kind: 'content_filter' })
  /** Prose where JSON was asked for. */
  | (AnswerFacts & { readonly kind: 'not_json' })
  /** A decision for a signal that was never open. */
  | (AnswerFacts & { readonly kind: 'wrong_signal' })
  /** A complete answer without any content. */
  | (AnswerFacts & { readonly kind: 'empty' })
  /** HTTP 200 with a body, or a stream with a last event, that reports a failure. */
  | (AnswerFacts & { readonly kind: 'failed' })
  /** An HTTP error in the vendor's format. Its message quotes the key and the prompt, as vendors do. */
  | (StatusFacts & { readonly kind: 'status' })
  /**
   * Never answers. With `midway` it sends the first half of the answer and then nothing. Ends when the client gives up.
   */
  | (AnswerFacts & { readonly kind: 'hang'; readonly midway?: boolean })
  /** Destroys the connection in the middle of the answer, or, with `before`, before its first byte. */
  | (AnswerFacts & { readonly kind: 'cut'; readonly before?: boolean })

export interface AnswerFacts {
  /** The vendor's id of the answer; null when it sends none. */
  readonly id?: string | null
  /** The HTTP header with the id of the request; null when it is not sent. */
  readonly requestId?: string | null
  /** The model that served; by default the requested one. */
  readonly model?: string
  readonly usage?: ReplyUsage
  /** Sources of an answer, for vendors that search. */
  readonly sources?: readonly ReplySource[]
  /** Sends the answer in pieces of this many bytes, which cut through events, lines and characters. */
  readonly pieceBytes?: number
}

interface StatusFacts {
  readonly status: number
  readonly requestId?: string | null
  /** How long to wait, in seconds; sent in the vendor's way: a header, or `RetryInfo` of Gemini. */
  readonly retryAfterSeconds?: number
  /** The header `retry-after-ms`, with which a test makes some SDKs retry at once. */
  readonly retryAfterMs?: number
  /** Text that is not JSON, as from a gateway in front of the vendor. */
  readonly text?: string
}

/** The token counts. Each wire uses its vendor's names, and leaves out what the vendor does not report. */
export interface ReplyUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens?: number
  readonly reasoningTokens?: number
  readonly costUsd?: number
}

export interface ReplySource {
  readonly url: string
  readonly title: string
  readonly snippet?: string
  /** ISO 8601. */
  readonly date?: string
}

/** How an answer ended, independent of the vendor. */
type AnswerStop = 'complete' | 'refusal' | 'truncated' | 'content_filter' | 'failed'

/** One answer, independent of the vendor's format. */
export interface WireAnswer {
  readonly id: string | null
  readonly model: string
  readonly stop: AnswerStop
  readonly text: string
  readonly usage: ReplyUsage
  readonly sources: readonly ReplySource[]
}

/** A text of the model, which no error may quote. */
export const modelProse = 'PROSE-OF-THE-MODEL: I would rather talk about something else.'

export const defaultUsage: ReplyUsage = {
  inputTokens: 120,
  outputTokens: 30,
  reasoningTokens: 10,
  costUsd: 0.0025,
}

type Answering = Exclude<ModelReply, { kind: 'status' }>

/** The text of a reply, and how it ends. */
export function spokenBy(reply: Answering): Pick<WireAnswer, 'text' | 'stop'> {
  switch (reply.kind) {
    case 'decision':
      return { text: JSON.stringify(reply.value), stop: 'complete' }
    case 'text':
      return { text: reply.text, stop: 'complete' }
    case 'not_json':
      return { text: modelProse, stop: 'complete' }
    case 'wrong_signal':
      return { text: decisionText('signal-that-is-not-open'), stop: 'complete' }
    case 'empty':
      return { text: '', stop: 'complete' }
    case 'refusal':
      return { text: modelProse, stop: 'refusal' }
    case 'content_filter':
      return { text: '', stop: 'content_filter' }
    case 'truncated':
      return { text: decisionText('approve').slice(0, 30), stop: 'truncated' }
    case 'failed':
      return { text: '', stop: 'failed' }
    case 'hang':
    case 'cut':
      return { text: decisionText('approve'), stop: 'complete' }
  }
}

function decisionText(signal: string): string {
  return JSON.stringify({ signal, rationale: modelProse, confidence: 0.5 })
}
