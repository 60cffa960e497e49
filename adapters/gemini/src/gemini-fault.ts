import type { ModelFault } from '@loop-engine/core/provider'
import { z } from 'zod'

const detailsSchema = z.array(z.object({ reason: z.string(), retryDelay: z.string() }).partial())
const bodySchema = z.object({
  error: z.object({ status: z.string().optional(), details: detailsSchema.optional() }),
})
/**
 * `ApiError` of the one SDK and `GoogleGenerativeAIFetchError` of the other. Recognised by shape, because the error may
 * come from another copy of the SDK.
 */
const statusErrorSchema = z.object({
  status: z.int(),
  message: z.string(),
  errorDetails: detailsSchema.optional().catch(undefined),
})

/** Reads errors of both SDKs without the text that they quote; undefined for other errors. */
export function readGeminiFault(error: unknown): ModelFault | undefined {
  if (!(error instanceof Error)) return undefined
  const status = statusErrorSchema.safeParse(error)
  if (status.success) return statusFault(status.data)
  // An abort by the caller or by `timeoutMs` was recognised before, so this is the client's own time limit.
  if (error.name === 'AbortError' || error.message.includes('Request aborted'))
    return { kind: 'timeout' }
  // Plain errors of `@google/genai`; its predecessor puts its name into the message.
  if (/exception parsing stream chunk|Error parsing JSON response/.test(error.message))
    return { kind: 'bad_response' }
  if (/^Incomplete JSON segment|^\[GoogleGenerativeAI Error\]/.test(error.message))
    return { kind: 'network' }
  return undefined
}

function statusFault({
  status,
  message,
  errorDetails,
}: z.infer<typeof statusErrorSchema>): ModelFault {
  const body = bodyIn(message)
  const details = errorDetails ?? body?.error.details ?? []
  const reason = details.find((detail) => detail.reason !== undefined)?.reason
  const delay = details.find((detail) => detail.retryDelay !== undefined)?.retryDelay
  const seconds = Number.parseFloat(delay ?? '')
  return {
    kind: 'status',
    // Google answers a bad key with 400.
    status: reason === 'API_KEY_INVALID' ? 401 : status,
    vendorCode: reason ?? body?.error.status,
    retryAfterMs: seconds >= 0 ? seconds * 1000 : undefined,
  }
}

/** `@google/genai` keeps the body of an error only in its message. */
function bodyIn(message: string): z.infer<typeof bodySchema> | undefined {
  try {
    return bodySchema.parse(JSON.parse(message.slice(message.indexOf('{'))))
  } catch {
    return undefined
  }
}
