import { isLoopError, LoopError, type LoopErrorCode } from '@loop-engine/core'

/** Primary result codes of SQLite. */
const codes = {
  busy: 5,
  locked: 6,
  corrupt: 11,
  full: 13,
  protocol: 15,
  tooBig: 18,
  constraint: 19,
  mismatch: 20,
  notADatabase: 26,
}

const meanings: Readonly<Record<number, readonly [LoopErrorCode, string]>> = {
  [codes.busy]: ['unavailable', 'SQLite is busy: another process kept the file locked.'],
  [codes.locked]: ['unavailable', 'SQLite is busy: another process kept the file locked.'],
  [codes.protocol]: ['unavailable', 'SQLite is busy: another process kept the file locked.'],
  [codes.full]: ['unavailable', 'SQLite found no room on the disk.'],
  [codes.corrupt]: ['corrupt', 'SQLite found the file damaged.'],
  [codes.notADatabase]: ['corrupt', 'SQLite does not know this file as a database.'],
  [codes.tooBig]: ['too_large', 'SQLite refused a value that is too large.'],
  [codes.constraint]: ['invalid_input', 'SQLite refused a row that contradicts the schema.'],
  [codes.mismatch]: ['invalid_input', 'SQLite refused a row that contradicts the schema.'],
}

export function isBusy(error: unknown): boolean {
  const code = resultCode(error)
  return code === codes.busy || code === codes.locked || code === codes.protocol
}

/** What an error means when nothing was written. */
export function translate(error: unknown): LoopError {
  if (isLoopError(error)) return error
  const code = resultCode(error)
  const [name, message] =
    code === null
      ? (['invalid_input', 'SQLite was given a value that it cannot store.'] as const)
      : (meanings[code] ?? (['unavailable', 'SQLite failed.'] as const))
  return new LoopError(name, message, {
    plugin: 'sqlite',
    retryable: name === 'unavailable',
    ...(code !== null && { details: { sqlite: extendedCode(error) } }),
    cause: error,
  })
}

/** What an error means when COMMIT raised it: the log may hold the change, unless it found no room. */
export function translateCommit(error: unknown): LoopError {
  const code = resultCode(error)
  if (code === codes.full || isBusy(error)) return translate(error)
  return new LoopError('unknown_outcome', 'SQLite failed while it committed.', {
    plugin: 'sqlite',
    hint: 'Repeat the command with the same idempotency key: it answers what happened.',
    details: { sqlite: extendedCode(error) },
    cause: error,
  })
}

function resultCode(error: unknown): number | null {
  const code = extendedCode(error)
  return code === null ? null : code & 0xff
}

function extendedCode(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return null
  return typeof error.errcode === 'number' ? error.errcode : null
}
