import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

import { isLoopError, LoopError, type LoopErrorCode } from '@loop-engine/core'

/** Primary result codes of SQLite. */
const codes = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  corrupt: 11,
  full: 13,
  protocol: 15,
  tooBig: 18,
  constraint: 19,
  mismatch: 20,
  notADatabase: 26,
}

type Meaning = readonly [code: LoopErrorCode, message: string, hint?: string]

const restore = 'Restore the file from a backup; an export shows what it held.'

const busy: Meaning = ['unavailable', 'SQLite is busy: another process kept the file locked.']
const contradiction: Meaning = [
  'invalid_input',
  'SQLite refused a row that contradicts the schema.',
]
const meanings: Readonly<Record<number, Meaning>> = {
  [codes.busy]: busy,
  [codes.locked]: busy,
  [codes.protocol]: busy,
  [codes.readOnly]: [
    'unavailable',
    'SQLite may only read: the file, its folder or the disk is read-only.',
  ],
  [codes.full]: ['unavailable', 'SQLite found no room on the disk.', 'Make some, and repeat it.'],
  [codes.corrupt]: ['corrupt', 'SQLite found the file damaged.', restore],
  [codes.notADatabase]: ['corrupt', 'SQLite does not know this file as a database.', restore],
  [codes.tooBig]: ['too_large', 'SQLite refused a value that is too large.'],
  [codes.constraint]: contradiction,
  [codes.mismatch]: contradiction,
}

const unknown = 'SQLite failed.'

export function isBusy(error: unknown): boolean {
  return meanings[resultCode(error) ?? 0] === busy
}

/** What an error means when nothing was written. */
export function translate(error: unknown): LoopError {
  if (isLoopError(error)) return error
  if (isUnreadable(error)) {
    return new LoopError('corrupt', 'A row of the SQLite file cannot be read: it was changed.', {
      plugin: 'sqlite',
      hint: restore,
      cause: error,
    })
  }
  const code = resultCode(error)
  const [name, message, hint]: Meaning =
    code === null
      ? ['invalid_input', 'SQLite was given a value that it cannot store.']
      : (meanings[code] ?? ['unavailable', unknown])
  return new LoopError(name, message, {
    plugin: 'sqlite',
    retryable: name === 'unavailable',
    hint,
    ...(code !== null && { details: { sqlite: extendedCode(error) } }),
    cause: error,
  })
}

/** What an error means when the file is opened; names the file and what stands in the way. */
export function translateOpen(error: unknown, path: string): LoopError {
  const code = resultCode(error)
  const { code: name, message, retryable, details } = translate(error)
  const told = { plugin: 'sqlite', retryable, details: { ...details, path }, cause: error }
  if (code === codes.notADatabase) {
    const hint = 'Name another file; if it was one, restore it from a backup.'
    return new LoopError(name, `The file ${path} is no SQLite database.`, { ...told, hint })
  }
  const isFile = message === unknown || code === codes.readOnly
  if (isLoopError(error) || code === null || !isFile) return translate(error)
  return new LoopError(name, `SQLite cannot open the file ${path}.`, {
    ...told,
    hint: cureOf(path),
  })
}

function cureOf(path: string): string {
  if (existsSync(path) && statSync(path).isDirectory()) return 'It is a folder: name a file in it.'
  if (!existsSync(dirname(path))) return `There is no folder ${dirname(path)}: make it first.`
  return 'Check that this user may write to it and its folder, and that the disk has room; or look at a copy.'
}

/** What an error of COMMIT means: the log may hold the change, unless the disk was full or the file locked. */
export function translateCommit(error: unknown): LoopError {
  const code = resultCode(error)
  if (code === codes.full || isBusy(error)) return translate(error)
  return new LoopError('unknown_outcome', 'SQLite failed while it committed.', {
    plugin: 'sqlite',
    retryable: true,
    hint: 'Repeat the command with the same idempotency key: it answers what happened.',
    details: { sqlite: extendedCode(error) },
    cause: error,
  })
}

/** Whether a row was changed by hand: bad JSON, or a number that JavaScript cannot hold. This store writes neither. */
function isUnreadable(error: unknown): boolean {
  if (error instanceof SyntaxError) return true
  if (error instanceof Error && error.message === 'malformed JSON') return true
  return error instanceof RangeError && 'code' in error && error.code === 'ERR_OUT_OF_RANGE'
}

function resultCode(error: unknown): number | null {
  const code = extendedCode(error)
  return code === null ? null : code & 0xff
}

function extendedCode(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return null
  return typeof error.errcode === 'number' ? error.errcode : null
}
