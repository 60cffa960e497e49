/** A value as a person edits it: text as it is, everything else as JSON. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2)
}

/** Reads it back as what it was: a number stays a number, or the person is told why not. */
export function readField(
  text: string,
  before: unknown,
): { readonly value: unknown; readonly problem?: string } {
  if (typeof before === 'string') return { value: text }
  const value = parse(text)
  if (value === undefined) return { value: before, problem: 'This is not JSON.' }
  if (before === null || kindOf(value) === kindOf(before)) return { value }
  return { value: before, problem: `This must stay a ${kindOf(before)}.` }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'list'
  return value === null ? 'null' : typeof value
}
