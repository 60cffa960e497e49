import type { GenerateContentParameters } from '@google/genai'
import { LoopError } from '@loop-engine/core'
import { present } from '@loop-engine/core/provider'

import { readAnswer, readAnswerStream } from './gemini-answer.ts'
import type { GeminiOptions, GenAIClient, Send } from './options.ts'

export function sendByGenAI(
  connect: () => Promise<GenAIClient>,
  { model, client: own, maxRetries, maxOutputTokens, temperature }: GeminiOptions,
): Send {
  // Without this the SDK never repeats; a client that was handed in says so itself.
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
        // One question is one request: the SDK neither goes on by itself nor calls functions.
        automaticContinuation: false,
        automaticFunctionCalling: { disable: true },
        abortSignal: signal,
        httpOptions: {
          fetch: attempts.fetch(fetchOf(client)),
          ...(retries !== undefined && { retryOptions: { attempts: retries + 1 } }),
        },
      },
    }
    // The parameter as the SDK types it.
    const asTyped = request as never
    return onText
      ? readAnswerStream(await client.models.generateContentStream(asTyped), onText)
      : readAnswer(await client.models.generateContent(asTyped))
  }
}

/** Loads the SDK, so that whoever hands in the other one need not install this one. */
export async function createGenAIClient({
  apiKey,
  baseUrl = 'https://generativelanguage.googleapis.com',
  apiVersion = 'v1beta',
}: Pick<GeminiOptions, 'apiKey' | 'baseUrl' | 'apiVersion'>): Promise<GenAIClient> {
  const { GoogleGenAI } = await import('@google/genai').catch(() => {
    throw new LoopError('invalid_config', 'gemini has no SDK to ask with.', {
      plugin: 'gemini',
      hint: 'npm install @google/genai, or hand in a client of @google/generative-ai.',
    })
  })
  // What is left out here the SDK would read from the environment.
  return new GoogleGenAI({ apiKey, apiVersion, vertexai: false, httpOptions: { baseUrl } })
}

/** The SDK offers no way to the fetch that it was made with; a fetch for one request takes its place. */
function fetchOf(client: object): typeof globalThis.fetch | undefined {
  const { httpOptions } = client as { httpOptions?: { fetch?: typeof globalThis.fetch } }
  return httpOptions?.fetch
}
