import type { GenerateContentParameters } from '@google/genai'
import { LoopError } from '@loop-engine/core'
import { present } from '@loop-engine/core/provider'

import { readAnswer, readAnswerStream } from './gemini-answer.ts'
import type { GeminiOptions, GenAIClient, Send } from './options.ts'

export function sendByGenAI(
  connect: () => Promise<GenAIClient>,
  { model, client: own, maxRetries, maxOutputTokens, temperature }: GeminiOptions,
): Send {
  // Without this option the SDK never repeats a request; a client that was handed in has its own setting.
  const retries = maxRetries ?? (own ? undefined : 2)

  return async ({ system, user, schema }, { signal, attempts, onText }) => {
    const client = await connect()
    const request: GenerateContentParameters = {
      model,
      contents: [{ role: 'user', parts: [{ text: user }] }],
      config: {
        systemInstruction: { parts: [{ text: system }] },
        responseMimeType: 'application/json',
        responseJsonSchema: schema,
        ...present({ maxOutputTokens, temperature }),
        // One question is one request: the SDK must neither continue an answer nor call functions by itself.
        automaticContinuation: false,
        automaticFunctionCalling: { disable: true },
        abortSignal: signal,
        httpOptions: {
          fetch: attempts.fetch(fetchOf(client)),
          ...(retries !== undefined && { retryOptions: { attempts: retries + 1 } }),
        },
      },
    }
    // `GenAIClient` is declared without the SDK's types.
    const asTyped = request as never
    return onText
      ? readAnswerStream(await client.models.generateContentStream(asTyped), onText)
      : readAnswer(await client.models.generateContent(asTyped))
  }
}

/** Loads the SDK when it is needed, so that callers who hand in a client of the other SDK need not install this one. */
export async function createGenAIClient({
  apiKey,
  baseUrl = 'https://generativelanguage.googleapis.com',
  apiVersion = 'v1beta',
}: Pick<GeminiOptions, 'apiKey' | 'baseUrl' | 'apiVersion'>): Promise<GenAIClient> {
  const { GoogleGenAI } = await import('@google/genai').catch(() => {
    throw new LoopError('invalid_config', 'The package @google/genai is not installed.', {
      plugin: 'gemini',
      hint: 'Run npm install @google/genai, or hand in a client of @google/generative-ai.',
    })
  })
  // The SDK would read any setting that is left out here from the environment.
  return new GoogleGenAI({ apiKey, apiVersion, vertexai: false, httpOptions: { baseUrl } })
}

/**
 * The fetch of a client, which the SDK does not expose. A fetch for one request replaces it, so that one must call it.
 */
function fetchOf(client: object): typeof globalThis.fetch | undefined {
  const { httpOptions } = client as { httpOptions?: { fetch?: typeof globalThis.fetch } }
  return httpOptions?.fetch
}
