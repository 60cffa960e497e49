import { isLoopError, parseStrictJson } from '@loop-engine/core'

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
  if (text === textOf(before)) return { value: before }
  const { value, problem } = parse(text)
  if (problem !== undefined) return { value: before, problem }
  if (before === null || kindOf(value) === kindOf(before)) return { value }
  return { value: before, problem: `This must stay a ${kindOf(before)}.` }
}

/** As the server would read it: what a number cannot hold, or is there twice, must not become something else on the way. */
function parse(text: string): { readonly value?: unknown; readonly problem?: string } {
  try {
    return { value: parseStrictJson(text) }
  } catch (error) {
    return { problem: isLoopError(error) ? error.message : 'This is not JSON.' }
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'list'
  return value === null ? 'null' : typeof value
}
