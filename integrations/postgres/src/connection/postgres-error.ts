import { LoopError } from '@loop-engine/core'

import { cureOf } from './postgres-cure.ts'

/** The answer of a standby, or of a server that an operator made read-only, to a write. */
export const readOnly = '25006'
/** The answer if a lock was not free in time. */
export const lockTimeout = '55P03'

/** The SQLSTATE of the server's refusal, however it was wrapped; null when the server gave none. */
export function sqlState(error: unknown): string | null {
  if (error instanceof LoopError) return sqlState(error.cause)
  const code = codeOf(error)
  return code !== null && isSqlState(code) ? code : null
}

/** Whether the constraint of this name refused the statement; its index may also refuse a value that is too long. */
export function violates(error: unknown, constraint: string): boolean {
  if (sqlState(error) !== '23505') return false
  const cause = error instanceof LoopError ? error.cause : error
  return cause instanceof Error && 'constraint' in cause && cause.constraint === constraint
}

/** Whether the connection was lost before the server answered, so that the statement may have run. */
export function isLost(error: unknown): boolean {
  if (error instanceof LoopError) return error.code === 'unknown_outcome'
  const state = sqlState(error)
  return (
    state === null || state.startsWith('57P0') || state.startsWith('08') || state.startsWith('XX')
  )
}

export function isRolledBack(error: unknown): boolean {
  const state = sqlState(error)
  return state === '40001' || state === '40P01' || state === readOnly
}

/** Waiting does not help against a wrong password, a missing database, or a right that nobody has granted. */
export function isHopeless(error: unknown): boolean {
  const state = sqlState(error)
  return state !== null && (state.startsWith('28') || state.startsWith('3D') || state === '42501')
}

/** No connection could be made. Always retryable, because the cause may be mended while the program runs. */
export function unreachable(error: unknown, address: string): LoopError {
  if (error instanceof LoopError) return error
  const [state, code] = [sqlState(error), codeOf(error)]
  const why = state ?? code ?? 'no answer'
  const message =
    state === null
      ? `PostgreSQL at ${address} cannot be reached (${why}).`
      : `PostgreSQL at ${address} let nobody in (${why}).`
  return new LoopError('unavailable', message, {
    plugin: 'postgres',
    hint: cureOf(why),
    details: { sqlState: state, address, ...(state === null && code !== null && { errno: code }) },
    cause: bare(error),
    retryable: true,
  })
}

/** A server that answers, but accepts no writes. */
export function standby(address: string): LoopError {
  const message = `PostgreSQL at ${address} is a standby, which accepts no writes.`
  const hint = 'Name the primary too, as postgres://one,two/db, or wait until one is promoted.'
  return new LoopError('unavailable', message, { plugin: 'postgres', hint, retryable: true })
}

/** The server's own message may quote rows, so only its code and constraint are passed on. */
export function translate(error: unknown, code: 'unavailable' | 'unknown_outcome'): LoopError {
  if (error instanceof LoopError) return error
  const state = sqlState(error)
  const known = { plugin: 'postgres', details: { sqlState: state }, cause: bare(error) }
  if (state === 'LE002') {
    const message = 'The postgres session does not keep what it acknowledges.'
    const hint = 'Use read committed and synchronous_commit = on, or pass allowAsyncCommit.'
    return new LoopError('invalid_config', message, { ...known, hint })
  }
  if (code === 'unknown_outcome') {
    const message = 'The connection to postgres was lost before its answer came.'
    return new LoopError(code, message, { ...known, retryable: true })
  }
  if (state?.startsWith('22')) {
    return new LoopError('invalid_input', 'Postgres cannot store one of the values.', known)
  }
  if (state?.startsWith('54')) {
    return new LoopError('too_large', 'Postgres refused a value that is too large.', known)
  }
  const message =
    state === '42501'
      ? 'The role of the postgres store lacks a right (42501).'
      : `The postgres store did nothing (${state ?? 'no answer'}).`
  const hint = state === null ? undefined : cureOf(state)
  return new LoopError(code, message, { ...known, hint, retryable: true })
}

/** What may be told of an error of the driver. */
function bare(error: unknown): Error {
  const code = codeOf(error)
  return Object.assign(new Error(`PostgreSQL answered ${sqlState(error) ?? 'nothing'}.`), {
    ...(code !== null && { code }),
    ...(error instanceof Error && 'constraint' in error && { constraint: error.constraint }),
  })
}

/** No SQLSTATE begins with an E, as codes of the system do: EPIPE, EPERM. */
function isSqlState(code: string): boolean {
  return /^(?!E)[0-9A-Z]{5}$/.test(code)
}

function codeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null
  return typeof error.code === 'string' ? error.code : null
}
