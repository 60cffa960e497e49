import { isLoopError, type LoopErrorCode } from '@loop-engine/sdk'
import { CommanderError } from 'commander'

/** The exit codes of the command. Scripts rely on them, so a code never changes its meaning. */
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
  1  the command failed, or a loop is invalid
  2  the command was used wrongly, or no command was named
  3  refused: by a policy, by a stop, or because it was done before
  4  not found
  5  the record does not verify, or is damaged
  6  nothing was done, because the question was not answered with yes`

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
  // `invalid_input` with a path blames an argument of the command line; without a path it blames a file.
  const isArgument = error.code === 'invalid_input' && Boolean(error.path)
  return isArgument ? exitCodes.usage : (byErrorCode[error.code] ?? exitCodes.failed)
}
