import type {
  DecisionRequest,
  ModelAnswer,
  ModelVendor,
  ProviderOptions,
} from '@loop-engine/core/provider'

// Neither SDK is imported here, not even for types, because one of them may not be installed.

/** Sends one question by one of the SDKs, and reads its answer. */
export type Send = ModelVendor<DecisionRequest, ModelAnswer>['send']

/** The part of a `GoogleGenAI`, for the Gemini API or for Vertex AI, that is used. */
export interface GenAIClient {
  readonly models: {
    generateContent(request: never): Promise<unknown>
    generateContentStream(request: never): Promise<AsyncIterable<unknown>>
  }
}

/** The part of a `GoogleGenerativeAI` that is used. */
export interface GenerativeAIClient {
  getGenerativeModel(model: { readonly model: string }, options?: GeminiAddress): GenerativeModel
}

interface GeminiAddress {
  readonly baseUrl?: string
  readonly apiVersion?: string
}

interface GenerativeModel {
  generateContent(request: never, options: Abortable): Promise<{ readonly response: unknown }>
  generateContentStream(
    request: never,
    options: Abortable,
  ): Promise<{ readonly stream: AsyncIterable<unknown>; readonly response: Promise<unknown> }>
}

interface Abortable {
  readonly signal: AbortSignal
}

export interface GeminiOptions extends ProviderOptions {
  /** Required unless a client is handed in. With a key, `@google/genai` is loaded at the first question. */
  readonly apiKey?: string
  readonly model: string
  /** A `GoogleGenAI` of `@google/genai`, or a `GoogleGenerativeAI` of its predecessor `@google/generative-ai`. */
  readonly client?: GenAIClient | GenerativeAIClient
  /** Without version; `https://generativelanguage.googleapis.com` by default. A given `GoogleGenAI` keeps its own. */
  readonly baseUrl?: string
  /** `v1beta` by default, which supports system instructions and schemas. A given `GoogleGenAI` keeps its own. */
  readonly apiVersion?: string
  /**
   * How often `@google/genai` repeats a failed request; by default 2, or the client's setting. Its predecessor never
   * does.
   */
  readonly maxRetries?: number
  /** Includes thinking; the model's own limit by default. */
  readonly maxOutputTokens?: number
  readonly temperature?: number
}
