import { promptHash, parseJson, type Usage } from '@loop-engine/core'
import { present } from '@loop-engine/core/provider'

import { countOf, fieldsOf, textOf } from '../fields.ts'

/** What a vendor told about its answer. A field that the vendor did not send is absent. */
export interface AnswerFacts {
  readonly responseId?: string
  readonly servedModel?: string
  readonly requestId?: string
  readonly finishReason?: string
  readonly rawFinishReason?: string
  readonly usage?: Usage
  /** Hash of the request body that the provider reports to have sent. */
  readonly wireHash?: string
}

/** `generateText` makes up such ids when the vendor sent none; the vendor does not know them. */
const invented = /^ai(txt|obj)-/
const requestIdHeaders = ['x-request-id', 'request-id', 'x-goog-request-id', 'apim-request-id']

/** Reads the result of `doGenerate`, or of `doStream` before its parts. */
export function answerFacts(result: unknown): AnswerFacts {
  const { response, request, finishReason, usage, providerMetadata } = fieldsOf(result)
  return present({
    ...responseFacts(response),
    ...finishFacts({ finishReason, usage, providerMetadata }),
    requestId: requestIdOf(fieldsOf(response)['headers']),
    wireHash: wireHashOf(fieldsOf(request)['body']),
  })
}

/** Reads `result.response`, or a `response-metadata` part. */
export function responseFacts(response: unknown): AnswerFacts {
  const { id, modelId, body } = fieldsOf(response)
  const responseId = textOf(id)
  return present({
    responseId: responseId && !invented.test(responseId) ? responseId : undefined,
    // Google's provider repeats the requested model id; the body names the model that answered.
    servedModel: textOf(fieldsOf(body)['modelVersion']) ?? textOf(modelId),
  })
}

/** Reads how an answer ended, from a result or from a `finish` part. */
export function finishFacts(part: unknown): AnswerFacts {
  const { finishReason, usage, providerMetadata } = fieldsOf(part)
  const nested = fieldsOf(finishReason)
  return present({
    finishReason: textOf(nested['unified'] ?? finishReason, 64),
    rawFinishReason: textOf(nested['raw'], 64),
    usage: usageOf(usage, providerMetadata),
  })
}

/** Usage is flat in v2 and nested since v3. */
function usageOf(usage: unknown, providerMetadata?: unknown): Usage | undefined {
  const { inputTokens, outputTokens, cachedInputTokens, reasoningTokens } = fieldsOf(usage)
  const input = fieldsOf(inputTokens)
  const output = fieldsOf(outputTokens)
  const known: Usage = present({
    inputTokens: countOf(input['total'] ?? inputTokens),
    outputTokens: countOf(output['total'] ?? outputTokens),
    cachedInputTokens: countOf(input['cacheRead'] ?? cachedInputTokens),
    reasoningTokens: countOf(output['reasoning'] ?? reasoningTokens),
    costUsdTicks: countOf(fieldsOf(fieldsOf(providerMetadata)['xai'])['costInUsdTicks']),
  })
  return Object.keys(known).length > 0 ? known : undefined
}

/** The vendor's id of the request. No other header is read. */
export function requestIdOf(headers: unknown): string | undefined {
  const entries = Object.entries(fieldsOf(headers))
  for (const name of requestIdHeaders) {
    const found = entries.find(([key]) => key.toLowerCase() === name)
    if (found) return textOf(found[1])
  }
  return undefined
}

/** Hash of a request body; undefined if the body cannot be hashed, such as a form. */
function wireHashOf(body: unknown): string | undefined {
  if (body === undefined || body === null) return undefined
  try {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return promptHash(parseJson(text))
  } catch {
    return undefined
  }
}
