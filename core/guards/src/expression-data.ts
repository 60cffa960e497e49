const charactersPerElement = 64

/** The widest list, map or text of JSON data, in elements; it stops looking beyond `limit`. */
export function widest(value: unknown, limit: number): number {
  if (typeof value === 'string') return value.length / charactersPerElement
  if (typeof value !== 'object' || value === null) return 0
  const parts: readonly unknown[] = Array.isArray(value) ? value : Object.values(value)
  let found = parts.length
  for (const part of parts) {
    if (found > limit) return found
    found = Math.max(found, widest(part, limit))
  }
  return found
}
