import { parseStrictJson, type JsonValue } from '@loop-engine/core'

/**
 * xAI's errors are flat, `{ code, error: text }`; the SDK looks for a code inside `error`, and would lose it. Only the
 * code is passed on: the text quotes what was sent.
 */
export function withNestedErrors(inner: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await inner(input, init)
    if (response.ok) return response
    const { status, statusText, headers } = response
    const text = await response.text()
    const code = flatCode(text)
    const body = code === undefined ? text : JSON.stringify({ error: { code } })
    return new Response(body || null, { status, statusText, headers })
  }
}

function flatCode(text: string): string | undefined {
  const body = parse(text)
  if (typeof body !== 'object' || body === null || !('error' in body)) return undefined
  if (typeof body.error !== 'string') return undefined
  const { error, code } = body
  return (
    codes.find(([pattern]) => pattern.test(error))?.[1] ??
    (typeof code === 'string' ? code : undefined)
  )
}

/** These have a general code; the text alone says what is wrong. */
const codes = [
  // With 400.
  [/^incorrect(?: |%20)api(?: |%20)key/i, 'invalid_api_key'],
  // With 403, as for a key that may not.
  [/^content violates usage guidelines/i, 'content_policy_violation'],
] as const

function parse(text: string): JsonValue {
  try {
    return parseStrictJson(text)
  } catch {
    // A page of a gateway, for example: it has no code.
    return null
  }
}
