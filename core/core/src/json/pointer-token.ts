/** A key as it stands in a JSON Pointer (RFC 6901). */
export function toPointerToken(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** The key that a token of a JSON Pointer stands for. */
export function fromPointerToken(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~')
}
