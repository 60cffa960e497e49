import type { GenerateContentRequest, ResponseSchema } from '@google/generative-ai'
import { present } from '@loop-engine/core/provider'

import { readAnswer, readAnswerStream } from './gemini-answer.ts'
import { toOpenApiSchema } from './open-api-schema.ts'
import type { GeminiOptions, GenerativeAIClient, Send } from './options.ts'

/** This SDK neither repeats nor lets anyone see what it sends: each question is one attempt, without status or ids. */
export function sendByGenerativeAI(
  client: GenerativeAIClient,
  { model, baseUrl, apiVersion, maxOutputTokens, temperature }: GeminiOptions,
): Send {
  const asked = client.getGenerativeModel({ model }, present({ baseUrl, apiVersion }))

  return async ({ system, user, schema }, { signal, attempts, onText }) => {
    const request: GenerateContentRequest = {
      generationConfig: {
        responseMimeType: 'application/json',
        // The type of the SDK knows less than its vendor: anyOf, minimum, …
        responseSchema: toOpenApiSchema(schema) as unknown as ResponseSchema,
        ...present({ maxOutputTokens, temperature }),
      },
      // The SDK adds it: named here, so that the hash is of what leaves.
      safetySettings: [],
      systemInstruction: { role: 'system', parts: [{ text: system }] },
      contents: [{ role: 'user', parts: [{ text: user }] }],
    }
    // The parameter as the SDK types it.
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
    // The SDK fails both ends of a broken stream; this one nobody reads.
    response.catch(() => {})
    return readAnswerStream(stream, onText)
  }
}

/** This SDK does not look whether a signal is aborted already, and would ask all the same. */
function unlessAborted(signal: AbortSignal): { readonly signal: AbortSignal } {
  signal.throwIfAborted()
  return { signal }
}
