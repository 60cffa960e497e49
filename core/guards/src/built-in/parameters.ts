import { isDuration, parseDuration, type JsonObject, type JsonValue } from '@loop-engine/core'

/** What a parameter must be, as the end of a sentence; null when it is. */
export type ParameterCheck = (value: JsonValue | undefined) => string | null

/** The `check` of a guard: every parameter is looked at, and an unknown one is a problem. */
export function checkedBy(
  shape: Readonly<Record<string, ParameterCheck>>,
): (parameters: JsonObject) => readonly string[] {
  return (parameters) => {
    const unknown = Object.keys(parameters).filter((key) => !Object.hasOwn(shape, key))
    const wrong = Object.entries(shape).flatMap(([key, check]) => {
      const problem = check(parameters[key])
      return problem === null ? [] : [`"${key}" must be ${problem}.`]
    })
    const known = Object.keys(shape).join(', ') || 'none'
    return [...wrong, ...unknown.map((key) => `"${key}" is not a parameter; known: ${known}.`)]
  }
}

export function optional(check: ParameterCheck): ParameterCheck {
  return (value) => (value === undefined ? null : check(value))
}

export function oneOf(choices: readonly string[]): ParameterCheck {
  return (value) =>
    choices.some((choice) => choice === value) ? null : `one of ${choices.join(', ')}`
}

export function numberFrom(min: number, max = Infinity): ParameterCheck {
  const range = max === Infinity ? `a number of at least ${min}` : `a number from ${min} to ${max}`
  return (value) => (typeof value === 'number' && value >= min && value <= max ? null : range)
}

export const wholeNumber: ParameterCheck = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 1 ? null : 'a whole number of at least 1'

export const text: ParameterCheck = (value) =>
  typeof value === 'string' && value.length > 0 ? null : 'a text'

export const duration: ParameterCheck = (value) =>
  isDuration(textOf(value)) ? null : 'a duration such as 30s, 5m, 2h or 7d'

export function listOf(check: ParameterCheck, what: string): ParameterCheck {
  return (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item: JsonValue) => check(item) === null)
      ? null
      : `a list of ${what}`
}

/** Milliseconds of a duration. Throws `invalid_input` for anything else, so that the guard fails closed. */
export function durationMs(value: JsonValue | undefined): number {
  return parseDuration(textOf(value))
}

/** A parameter that is a text; empty for anything else. */
export function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
