import { isLoopError, type LoopError } from '@loop-engine/sdk'

import { plain, type Output } from './output.ts'
import { withoutSecrets } from './secrets.ts'

interface Problem {
  readonly message: string
  readonly path?: string
  readonly line?: number
  readonly column?: number
  readonly hint?: string
}

export interface PresentOptions {
  readonly output: Output
  readonly debug: boolean
  /** Texts that are replaced by stars wherever they appear. */
  readonly secrets: readonly string[]
}

/** Prints what went wrong and what to do about it; the same as JSON under `--json`. */
export function presentError(error: unknown, { output, debug, secrets }: PresentOptions): void {
  const clean = (text: string): string => withoutSecrets(text, secrets)
  const stack = debug && error instanceof Error ? (error.stack ?? error.message) : undefined
  if (output.json) {
    const told = { error: isLoopError(error) ? error : unforeseen(error), stack }
    // Secrets are replaced first: JSON may escape characters in them, and they would not be found any more.
    return output.error(
      JSON.stringify(told, (_, value: unknown) =>
        typeof value === 'string' ? clean(value) : value,
      ),
    )
  }
  for (const line of linesOf(error, output)) output.error(clean(line))
  if (stack !== undefined) output.error(clean(stack))
}

function linesOf(error: unknown, output: Output): string[] {
  if (!isLoopError(error)) return [`${output.paint('red', 'error')} ${unforeseen(error).message}`]
  const { code, path, hint, message } = error
  const lines = [
    `${output.paint('red', 'error')} ${headOf(message)} ${output.paint('dim', `(${code})`)}`,
  ]
  const problems = problemsOf(error)
  for (const problem of problems) lines.push(`  ${describeProblem(problem)}`)
  if (problems.length > 0) return lines
  if (path) lines.push(`  at ${plain(path)}`)
  if (hint) lines.push(`  ${output.paint('cyan', 'hint')} ${plain(hint)}`)
  return lines
}

/** The first line of a message: in a message that lists its problems, they begin on the second line. */
function headOf(message: string): string {
  return plain(message.split('\n', 1)[0] ?? '')
}

export function problemsOf({ details }: LoopError): readonly Problem[] {
  const problems = details?.['problems']
  return Array.isArray(problems) ? (problems as readonly Problem[]) : []
}

export function describeProblem({ line, column, path, message, hint }: Problem): string {
  const place = line === undefined ? path || '/' : `${line}:${column ?? 1}`
  return plain(`${place} ${message}${hint ? ` ${hint}` : ''}`)
}

/** Names only the kind of an error that is not ours: its message may quote data. */
function unforeseen(error: unknown): { readonly code: string; readonly message: string } {
  const name = error instanceof Error ? error.name : typeof error
  return {
    code: 'unforeseen',
    message: `An unexpected error occurred (${name}). Repeat the command with --debug to see its stack.`,
  }
}
