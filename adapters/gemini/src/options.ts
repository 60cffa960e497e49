import type {
  DecisionRequest,
  ModelAnswer,
  ModelVendor,
  ProviderOptions,
} from '@loop-engine/core/provider'

// Neither SDK is imported here, not even for its types: one of the two may not be installed.

/** Sends one question by one of the SDKs, and reads its answer. */
export type Send = ModelVendor<DecisionRequest, ModelAnswer>['send']

/** What is used of a `GoogleGenAI`, for the Gemini API or for Vertex AI. */
export interface GenAIClient {
  readonly models: {
    generateContent(request: never): Promise<unknown>
    generateContentStream(request: never): Promise<AsyncIterable<unknown>>
  }
}

/** What is used of a `GoogleGenerativeAI`. */
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
  /** Required unless a client is handed in; then `@google/genai` is loaded at the first question. */
  readonly apiKey?: string
  readonly model: string
  /** A `GoogleGenAI` of `@google/genai`, or a `GoogleGenerativeAI` of its forerunner `@google/generative-ai`. */
  readonly client?: GenAIClient | GenerativeAIClient
  /** Without version; `https://generativelanguage.googleapis.com` by default. A `GoogleGenAI` handed in has its own. */
  readonly baseUrl?: string
  /** `v1beta` by default, where system instructions and schemas are sure to be known. A `GoogleGenAI` handed in has its own. */
  readonly apiVersion?: string
  /** How often `@google/genai` repeats a failed request; 2 by default, or what the client says. Its forerunner never does. */
  readonly maxRetries?: number
  /** Thinking counts too; the model's own limit by default. */
  readonly maxOutputTokens?: number
  readonly temperature?: number
}
