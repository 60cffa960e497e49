import {
  fromPointerToken,
  isLoopError,
  toPointerToken,
  LoopError,
  type DefinitionProblem,
} from '@loop-engine/core'

const listed = 5

/** The error that carries every problem of a definition in `details.problems`. */
export function definitionError(problems: readonly DefinitionProblem[], file?: string): LoopError {
  const [first] = problems
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
  const lines = problems.slice(0, listed).map((problem) => `\n  ${describe(problem)}`)
  const more = problems.length > listed ? `\n  and ${problems.length - listed} more` : ''
  return new LoopError(
    'invalid_definition',
    `${file ?? 'The loop definition'} has ${count}:${lines.join('')}${more}`,
    { path: first?.path, hint: first?.hint, details: file ? { file, problems } : { problems } },
  )
}

function describe({ line, column, path, message, hint }: DefinitionProblem): string {
  const place = line === undefined ? path || '/' : `${line}:${column}`
  return hint ? `${place} ${message} ${hint}` : `${place} ${message}`
}

/** Appends segments to a JSON Pointer (RFC 6901). */
export function pointer(base: string, ...segments: readonly PropertyKey[]): string {
  return [base, ...segments.map((segment) => toPointerToken(String(segment)))].join('/')
}

/** The segments of a JSON Pointer. */
export function segmentsOf(path: string): string[] {
  return path.split('/').slice(1).map(fromPointerToken)
}

/** Why something was refused. The CEL compiler puts its reason into the hint, since its message is always the same. */
export function reasonOf(error: unknown): string {
  // `invalid_config` means that the program lacks a library, which is no problem of the loop.
  if (isLoopError(error) && error.code === 'invalid_config') throw error
  if (isLoopError(error) && error.hint) return error.hint
  return error instanceof Error ? error.message : 'it was refused.'
}
