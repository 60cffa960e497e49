import { LoopError } from './errors.ts'
import { isRecord } from './json/is-record.ts'
import { toPointer } from './json/json-fault.ts'

/** Every key of an options type, each named: one that is added to the type must be named here too. */
export type KnownKeys<Options> = Readonly<Record<keyof Options, true>>

export interface StrayKeysOptions {
  /** Who takes the options, as the sentence begins. */
  readonly what: string
  readonly code?: 'invalid_input' | 'invalid_config'
  /** Where the options are, as a JSON Pointer. */
  readonly path?: string
}

/**
 * Throws when something is no object of options, or has a key that would be ignored: most often one that is misspelt.
 * A key whose value is undefined passes: ignoring it loses nothing.
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
