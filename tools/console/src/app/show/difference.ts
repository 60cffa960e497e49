export interface Change {
  /** Where, as a person reads it, e.g. `order.lines.2.amount`. */
  readonly path: string
  readonly kind: 'added' | 'removed' | 'changed'
  readonly before?: unknown
  readonly after?: unknown
}

/** What differs between two JSON values, member by member. Equal values have none. */
export function differencesOf(before: unknown, after: unknown, path = ''): readonly Change[] {
  if (Object.is(before, after)) return []
  if (!isBranch(before) || !isBranch(after) || Array.isArray(before) !== Array.isArray(after))
    return [{ path, kind: 'changed', before, after }]
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].flatMap((name) => {
    const place = path === '' ? name : `${path}.${name}`
    const [was, is] = [Object.hasOwn(before, name), Object.hasOwn(after, name)]
    if (!is) return [{ path: place, kind: 'removed' as const, before: before[name] }]
    if (!was) return [{ path: place, kind: 'added' as const, after: after[name] }]
    return differencesOf(before[name], after[name], place)
  })
}

function isBranch(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
