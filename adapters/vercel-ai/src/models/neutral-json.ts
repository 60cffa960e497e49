import { LoopError, sha256Hex, type JsonObject, type JsonValue } from '@loop-engine/core'

import { fieldsOf, type Fields } from '../fields.ts'

const maxDepth = 60
const fileTypes = new Set(['file', 'reasoning-file', 'media', 'image', 'file-data', 'image-data'])
const secretName =
  /(apikey|secret|password|token|authorization|credentials?|headers?|byok|cookie|privatekey)$/

/**
 * What goes to a model or comes from it, as JSON that is the same for every SDK, provider and form. Files become the
 * SHA-256 of their bytes. Secrets in options of providers, and values that JSON does not have, are left out.
 */
export function neutralJson(fields: Fields): JsonObject {
  return neutralFields(fields, 0, false)
}

function neutral(value: unknown, depth: number, hidesSecrets: boolean): JsonValue | undefined {
  if (depth > maxDepth) {
    throw new LoopError('invalid_input', 'The parameters of a model call are nested too deeply.', {
      hint: 'Hand in plain data without cycles.',
    })
  }
  switch (typeof value) {
    case 'string':
      return value.toWellFormed()
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value : null
    case 'bigint':
      return String(value)
    case 'object':
      return value === null ? null : neutralObject(value, depth, hidesSecrets)
    default:
      return undefined
  }
}

function neutralObject(value: object, depth: number, hidesSecrets: boolean): JsonValue | undefined {
  if (Array.isArray(value))
    return value.map((item: unknown) => neutral(item, depth + 1, hidesSecrets) ?? null)
  if (isBytes(value)) return hashed(value)
  if (value instanceof URL) return fileOf(value, depth)
  const fields = fieldsOf(value)
  if (typeof fields['toJSON'] === 'function') {
    const json: unknown = fields['toJSON'].call(value)
    return neutral(json, depth + 1, hidesSecrets)
  }
  return neutralFields(fields, depth, hidesSecrets)
}

function neutralFields(fields: Fields, depth: number, hidesSecrets: boolean): JsonObject {
  const { type } = fields
  const isFile = typeof type === 'string' && fileTypes.has(type)
  const isTool = typeof type === 'string' && type.startsWith('provider')
  const kept: Record<string, JsonValue> = {}
  for (const [name, member] of Object.entries(fields)) {
    if (hidesSecrets && secretName.test(name.toLowerCase().replaceAll(/[-_]/g, ''))) continue
    // Options of providers and of their tools may hold secrets (BYOK, MCP servers). Prompts are not searched for
    // secrets, because a tool may have a field that is named `token`.
    const hides = hidesSecrets || name.startsWith('provider') || (isTool && name === 'args')
    const value =
      isFile && name === 'data' ? fileOf(member, depth) : neutral(member, depth + 1, hides)
    if (value !== undefined) kept[name.toWellFormed()] = value
  }
  return kept
}

/** A file as the hash of its bytes, so that base64, a data URL and a byte array of one picture are the same. */
function fileOf(data: unknown, depth: number): JsonValue | undefined {
  if (isBytes(data)) return hashed(data)
  if (data instanceof URL) return fileOf(data.href, depth)
  if (typeof data === 'string') {
    if (/^https?:/i.test(data)) return { url: data.toWellFormed() }
    const comma = /^data:/i.test(data) ? data.indexOf(',') : -1
    return data.slice(0, comma).endsWith(';base64') || comma === -1
      ? hashed(Buffer.from(data.slice(comma + 1), 'base64'))
      : hashed(Buffer.from(unescaped(data.slice(comma + 1))))
  }
  const fields = fieldsOf(data)
  if (fields['type'] === 'data') return fileOf(fields['data'], depth)
  if (fields['type'] === 'url') return fileOf(fields['url'], depth)
  return neutral(data, depth + 1, false)
}

/** Decodes percent escapes. Leaves malformed text as it is, since a bad file must not stop the record of a call. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function isBytes(value: unknown): value is Uint8Array | ArrayBuffer {
  return value instanceof Uint8Array || value instanceof ArrayBuffer
}

function hashed(bytes: Uint8Array | ArrayBuffer): JsonObject {
  const view = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)
  return { sha256: sha256Hex(view), bytes: view.byteLength }
}
