import type { GenerateContentRequest, ResponseSchema } from '@google/generative-ai'
import { present } from '@loop-engine/core/provider'

import { readAnswer, readAnswerStream } from './gemini-answer.ts'
import { toOpenApiSchema } from './open-api-schema.ts'
import type { GeminiOptions, GenerativeAIClient, Send } from './options.ts'

/**
 * This SDK does not repeat requests and does not show what it sends: each question is one attempt, without status or
 * ids.
 */
export function sendByGenerativeAI(
  client: GenerativeAIClient,
  { model, baseUrl, apiVersion, maxOutputTokens, temperature }: GeminiOptions,
): Send {
  const asked = client.getGenerativeModel({ model }, present({ baseUrl, apiVersion }))

  return async ({ system, user, schema }, { signal, attempts, onText }) => {
    const request: GenerateContentRequest = {
      generationConfig: {
        responseMimeType: 'application/json',
        // The SDK's type lacks fields that Google accepts, such as anyOf and minimum.
        responseSchema: toOpenApiSchema(schema) as unknown as ResponseSchema,
        ...present({ maxOutputTokens, temperature }),
      },
      // The SDK would add this field; it is here so that the hash is of the body that leaves.
      safetySettings: [],
      systemInstruction: { role: 'system', parts: [{ text: system }] },
      contents: [{ role: 'user', parts: [{ text: user }] }],
    }
    // `GenerativeAIClient` is declared without the SDK's types.
    const asTyped = request as never
    if (!onText) {
      const whole = await attempts.record(request, () =>
        asked.generateContent(asTyped, unlessAborted(signal)),
      )
      return readAnswer(whole.response)
    }
    const { stream, response } = await attempts.record(request, () =>
      asked.generateContentStream(asTyped, unlessAborted(signal)),
    )
    // When a stream breaks, the SDK rejects this promise as well, which nobody reads.
    response.catch(() => {})
    return readAnswerStream(stream, onText)
  }
}

/** This SDK ignores a signal that is aborted already, and would send the request all the same. */
function unlessAborted(signal: AbortSignal): { readonly signal: AbortSignal } {
  signal.throwIfAborted()
  return { signal }
}
