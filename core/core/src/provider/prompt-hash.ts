import { LoopError } from '../errors.ts'
import { digestOf } from '../json/digest.ts'
import { isRecord } from '../json/is-record.ts'

const forbidden = new Set([
  'headers',
  'authorization',
  'api-key',
  'apikey',
  'x-api-key',
  'x-goog-api-key',
  'bearer',
  'password',
  'secret',
])

/** Members that change how an answer travels or is filed, never what the model reads. */
const transport = new Set(['stream', 'stream_options', 'metadata'])

/** What lets a vendor into an MCP server that it calls itself; it stands in the body, beside what the model reads. */
const serverKeys = new Set(['authorization', 'authorization_token', 'headers'])

/**
 * The attribution of a model's answer: SHA-256 of the canonical JSON (RFC 8785) of the request body that left for the
 * model (messages, system, tools, sampling, model, linked response ids), lowercase hex. `stream`, `stream_options` and
 * `metadata` are left out, so that a streamed call has the hash of the same call unstreamed, and so are the keys of MCP servers
 * that the vendor calls itself.
 *
 * Hand in the body alone. Headers and keys are refused with `invalid_input`, because a hash that
 * covers a key changes with it and lets a short one be guessed.
 */
export function promptHash(wireBody: unknown): string {
  if (!isRecord(wireBody)) {
    throw new LoopError('invalid_input', 'A prompt hash needs the body of a request.', {
      hint: 'Hand in the object that is sent to the model, before it is made into text.',
    })
  }
  const secret = Object.keys(wireBody).find((key) =>
    forbidden.has(key.toLowerCase().replaceAll('_', '-')),
  )
  if (secret !== undefined) {
    throw new LoopError('invalid_input', 'A prompt hash never covers headers or keys.', {
      path: `/${secret}`,
      hint: 'Hand in the body of the request alone.',
    })
  }
  return digestOf(
    Object.fromEntries(
      Object.entries(wireBody)
        .filter(([key]) => !transport.has(key))
        .map(([key, member]: [string, unknown]) => [key, withoutServerKeys(key, member)]),
    ),
  )
}

/** OpenAI and xAI name such servers among the tools, Anthropic by themselves. */
function withoutServerKeys(name: string, member: unknown): unknown {
  if (!Array.isArray(member) || (name !== 'tools' && name !== 'mcp_servers')) return member
  return member.map((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) return entry
    if (name === 'tools' && !('type' in entry && entry.type === 'mcp')) return entry
    return Object.fromEntries(Object.entries(entry).filter(([key]) => !serverKeys.has(key)))
  })
}
