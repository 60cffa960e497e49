import type { JsonObject } from '@loop-engine/core'

/** What the model server does with one request. */
export type ModelReply =
  /** Answers with this decision, where the request asked for it: as text or as a call of the tool it forces. */
  | (AnswerFacts & { readonly kind: 'decision'; readonly value: JsonObject })
  | (AnswerFacts & { readonly kind: 'text'; readonly text: string })
  /** The model says no, in the vendor's own way of saying so. */
  | (AnswerFacts & { readonly kind: 'refusal' })
  /** The answer ends in the middle, because the tokens ran out. */
  | (AnswerFacts & { readonly kind: 'truncated' })
  /** The vendor withholds the answer. */
  | (AnswerFacts & { readonly kind: 'content_filter' })
  /** Prose where JSON was asked for. */
  | (AnswerFacts & { readonly kind: 'not_json' })
  /** A decision for a signal that was never open. */
  | (AnswerFacts & { readonly kind: 'wrong_signal' })
  /** A complete answer without any content. */
  | (AnswerFacts & { readonly kind: 'empty' })
  /** HTTP 200 with a body, or a stream that ends with an event, saying that it failed. */
  | (AnswerFacts & { readonly kind: 'failed' })
  /** An HTTP error in the vendor's shape. Its message quotes the key and the prompt, as vendors do. */
  | (StatusFacts & { readonly kind: 'status' })
  /** Never answers. `midway` sends the first half of the answer and then nothing more. Ends when the client gives up. */
  | (AnswerFacts & { readonly kind: 'hang'; readonly midway?: boolean })
  /** Destroys the connection: in the middle of the answer, or before a single byte of it. */
  | (AnswerFacts & { readonly kind: 'cut'; readonly before?: boolean })

export interface AnswerFacts {
  /** The vendor's id of the answer; null when it sends none. */
  readonly id?: string | null
  /** The HTTP header with the id of the request; null when it is not sent. */
  readonly requestId?: string | null
  /** The model that served, when it is not the one that was asked for. */
  readonly model?: string
  readonly usage?: ReplyUsage
  /** Sources of an answer, for vendors that search. */
  readonly sources?: readonly ReplySource[]
  /** Sends the answer in pieces of so many bytes, which cut events, lines and characters. */
  readonly pieceBytes?: number
}

interface StatusFacts {
  readonly status: number
  readonly requestId?: string | null
  /** Seconds, said in the way of the vendor: a header, or `RetryInfo` of Gemini. */
  readonly retryAfterSeconds?: number
  /** The header `retry-after-ms`, which makes the SDKs that know it repeat at once. */
  readonly retryAfterMs?: number
  /** Text that is not JSON, as from a gateway in front of the vendor. */
  readonly text?: string
}

/** As the vendor counts; each wire uses its own words and leaves out what its vendor does not report. */
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

/** How an answer ended, before a wire puts it in its vendor's words. */
type AnswerStop = 'complete' | 'refusal' | 'truncated' | 'content_filter' | 'failed'

/** One answer in the words of no vendor. */
export interface WireAnswer {
  readonly id: string | null
  readonly model: string
  readonly stop: AnswerStop
  readonly text: string
  readonly usage: ReplyUsage
  readonly sources: readonly ReplySource[]
}

/** Text of a model that no error may quote. */
export const modelProse = 'PROSE-OF-THE-MODEL: I would rather talk about something else.'

export const defaultUsage: ReplyUsage = {
  inputTokens: 120,
  outputTokens: 30,
  reasoningTokens: 10,
  costUsd: 0.0025,
}

type Answering = Exclude<ModelReply, { kind: 'status' }>

/** What the model of a reply says, and how it ends. */
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
