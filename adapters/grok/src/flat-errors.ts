import { parseStrictJson, type JsonValue } from '@loop-engine/core'
import { codeOfText } from '@loop-engine/core/provider'

/**
 * xAI's errors are flat, `{ code, error: text }`, but the SDK looks for the code inside `error`. This fetch moves the
 * code there, and drops the text because it quotes the prompt.
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
  return codeOfText(error) ?? (typeof code === 'string' ? code : undefined)
}

function parse(text: string): JsonValue {
  try {
    return parseStrictJson(text)
  } catch {
    // No JSON, such as an HTML page of a gateway, has no code.
    return null
  }
}
