import {
  fromPointerToken,
  canonicalize,
  LoopError,
  refuseStrayKeys,
  saltedDigest,
  type JsonObject,
  type JsonValue,
} from '@loop-engine/core'

/** What must never reach the record. Applied to evidence before it is judged, hashed or stored. */
export interface Redaction {
  /** JSON Pointers; `*` stands for any one key or index: `/customer/iban`, `/cards/*`. */
  readonly paths?: readonly string[]
  /** Strings in which one of these occurs are replaced whole. */
  readonly patterns?: readonly RegExp[]
}

/** Throws `invalid_config` for a redaction that would hide nothing, or something else than it says. */
export function checkRedaction(redaction: Redaction): void {
  const known = { paths: true, patterns: true } as const
  refuseStrayKeys(redaction, known, {
    what: 'The redaction',
    code: 'invalid_config',
    path: '/redaction',
  })
  const { paths = [], patterns = [] } = redaction
  const isPointer = (path: unknown): boolean =>
    typeof path === 'string' && (path === '' || path.startsWith('/'))
  if (!Array.isArray(paths) || !paths.every(isPointer))
    throw new LoopError('invalid_config', 'The paths of a redaction are JSON Pointers.', {
      path: '/redaction/paths',
      hint: 'Begin each with a slash: /customer/iban, /cards/*.',
    })
  if (!Array.isArray(patterns) || !patterns.every((pattern) => pattern instanceof RegExp))
    throw new LoopError('invalid_config', 'The patterns of a redaction are regular expressions.', {
      path: '/redaction/patterns',
    })
}

/**
 * Replaces what matches by `{ redacted: true, digest }`; the digest is salted with the entry's own salt. Without a salt
 * there is no digest, so that the result is the same each time, and no guess can be checked against it.
 */
export function redact(value: JsonObject, redaction: Redaction, salt: string | null): JsonObject {
  const paths = (redaction.paths ?? []).map((path) =>
    path.split('/').slice(1).map(fromPointerToken),
  )
  const patterns = redaction.patterns ?? []

  const hide = (part: JsonValue): JsonValue => ({
    redacted: true,
    ...(salt !== null && { digest: saltedDigest(salt, canonicalize(part)) }),
  })
  const walk = (part: JsonValue, open: readonly (readonly string[])[]): JsonValue => {
    if (open.some((rest) => rest.length === 0)) return hide(part)
    if (typeof part === 'string')
      return patterns.some((pattern) => occurs(pattern, part)) ? hide(part) : part
    if (typeof part !== 'object' || part === null) return part
    const into = (key: string): readonly (readonly string[])[] =>
      open.filter(([first]) => first === key || first === '*').map((rest) => rest.slice(1))
    if (Array.isArray(part))
      return part.map((item: JsonValue, index) => walk(item, into(String(index))))
    return Object.fromEntries(
      Object.entries(part).map(([key, item]) => [key, walk(item, into(key))]),
    )
  }
  return walk(value, paths) as JsonObject
}

/** A pattern with the `g` or `y` flag remembers where it was; a fresh search never does. */
function occurs(pattern: RegExp, text: string): boolean {
  return text.search(pattern) !== -1
}
