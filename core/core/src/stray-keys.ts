import { LoopError } from './errors.ts'
import { isRecord } from './json/is-record.ts'
import { toPointer } from './json/json-fault.ts'

/** Names every key of an options type, so that the compiler asks for a key that is added to the type. */
export type KnownKeys<Options> = Readonly<Record<keyof Options, true>>

export interface StrayKeysOptions {
  /** Who takes the options, as the sentence begins. */
  readonly what: string
  readonly code?: 'invalid_input' | 'invalid_config'
  /** Where the options are, as a JSON Pointer. */
  readonly path?: string
}

/**
 * Throws if `given` is no object, or has a key that would be ignored, which most often is misspelt. A key whose value is
 * undefined passes, because ignoring it loses nothing.
 */
export function refuseStrayKeys(
  given: unknown,
  known: Readonly<Record<string, true>>,
  { what, code = 'invalid_input', path = '' }: StrayKeysOptions,
): void {
  if (!isRecord(given))
    throw new LoopError(code, `${what} takes an object.`, { path, hint: hintOf(known) })
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined || Object.hasOwn(known, key)) continue
    throw new LoopError(code, `${what} knows no such key.`, {
      path: `${path}${toPointer([key])}`,
      hint: hintOf(known),
    })
  }
}

function hintOf(known: Readonly<Record<string, true>>): string {
  return `Its keys are ${Object.keys(known).join(', ')}.`
}
