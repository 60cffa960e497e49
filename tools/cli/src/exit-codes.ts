import { isLoopError, type LoopErrorCode } from '@loop-engine/sdk'
import { CommanderError } from 'commander'

/** What the exit code of the command says. Scripts rely on them: they never change their meaning. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  notFound: 4,
  unverified: 5,
  declined: 6,
} as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export const exitCodesText = `Exit codes:
  0  done
  1  failed, or a loop is invalid
  2  the command was used wrongly, or none was named
  3  refused: by policy, by a stop, or since it was decided or is there already
  4  not found
  5  the record does not verify, or is damaged
  6  nothing was done: the question was not answered with yes`

const byErrorCode: Partial<Record<LoopErrorCode, ExitCode>> = {
  invalid_config: exitCodes.usage,
  invalid_actor: exitCodes.usage,
  not_found: exitCodes.notFound,
  already_exists: exitCodes.refused,
  refused: exitCodes.refused,
  stopped: exitCodes.refused,
  expired: exitCodes.refused,
  conflict: exitCodes.refused,
  corrupt: exitCodes.unverified,
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  if (!isLoopError(error)) return exitCodes.failed
  // A field that cannot be read was a word on the command line; what cannot be read without one is a file.
  const isWord = error.code === 'invalid_input' && Boolean(error.path)
  return isWord ? exitCodes.usage : (byErrorCode[error.code] ?? exitCodes.failed)
}
