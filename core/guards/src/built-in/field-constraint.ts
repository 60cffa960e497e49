import { canonicalize, type Guard, type JsonValue } from '@loop-engine/core'

import { checkedBy, numberFrom, oneOf, text, textOf, type ParameterCheck } from './parameters.ts'
import { readField } from './read-field.ts'

type Constraint = (found: JsonValue, value: JsonValue) => boolean

const constraints: Readonly<Record<string, Constraint>> = {
  equals: isEqual,
  'not-equals': (found, value) => !isEqual(found, value),
  'less-than': ordered((a, b) => a < b),
  'at-most': ordered((a, b) => a <= b),
  'greater-than': ordered((a, b) => a > b),
  'at-least': ordered((a, b) => a >= b),
  in: (found, value) =>
    Array.isArray(value) && value.some((item: JsonValue) => isEqual(found, item)),
  'not-in': (found, value) =>
    Array.isArray(value) && !value.some((item: JsonValue) => isEqual(found, item)),
  contains: (found, value) =>
    typeof found === 'string'
      ? typeof value === 'string' && found.includes(value)
      : Array.isArray(found) && found.some((item: JsonValue) => isEqual(item, value)),
  'starts-with': (found, value) =>
    typeof found === 'string' && typeof value === 'string' && found.startsWith(value),
  'ends-with': (found, value) =>
    typeof found === 'string' && typeof value === 'string' && found.endsWith(value),
  'min-length': (found, value) => typeof value === 'number' && lengthOf(found) >= value,
  'max-length': (found, value) => typeof value === 'number' && lengthOf(found) <= value,
}
const operators = [...Object.keys(constraints), 'exists', 'absent']

const anything: ParameterCheck = (value) => (value === undefined ? 'given' : null)
const nothing: ParameterCheck = (value) =>
  value === undefined ? null : 'left out with this operator'
const list: ParameterCheck = (value) => (Array.isArray(value) ? null : 'a list')
const comparable: ParameterCheck = (value) =>
  typeof value === 'number' || typeof value === 'string' ? null : 'a number or a text'

/** What `value` must be, for operators that do not take anything. */
const values: ReadonlyMap<string, ParameterCheck> = new Map([
  ['less-than', comparable],
  ['at-most', comparable],
  ['greater-than', comparable],
  ['at-least', comparable],
  ['in', list],
  ['not-in', list],
  ['starts-with', text],
  ['ends-with', text],
  ['min-length', numberFrom(0)],
  ['max-length', numberFrom(0)],
  ['exists', nothing],
  ['absent', nothing],
])

/**
 * `{ field: '/amount', operator: 'at-most', value: 500 }`: a field of the evidence holds to a value. A
 * missing field only passes `absent`, and values of different types never compare.
 */
export const fieldConstraint: Guard = {
  contract: 'guard/v1',
  id: 'field-constraint',
  description: 'A `field` of the evidence holds to `value`.',
  check(parameters) {
    const operator = textOf(parameters.operator)
    const value = operators.includes(operator) ? (values.get(operator) ?? anything) : () => null
    return checkedBy({ field: text, operator: oneOf(operators), value })(parameters)
  },
  evaluate({ evidence, parameters: { field, operator, value } }) {
    return {
      passed: holds(readField(evidence, field), textOf(operator), value),
      message: 'A field of the evidence is not as it must be.',
    }
  },
}

function holds(
  found: JsonValue | undefined,
  operator: string,
  value: JsonValue | undefined,
): boolean {
  if (operator === 'absent') return found === undefined && value === undefined
  if (found === undefined) return false
  if (operator === 'exists') return value === undefined
  const constraint = Object.hasOwn(constraints, operator) ? constraints[operator] : undefined
  return constraint !== undefined && value !== undefined && constraint(found, value)
}

function isEqual(a: JsonValue, b: JsonValue): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  return canonicalize(a) === canonicalize(b)
}

function ordered(compare: (a: number | string, b: number | string) => boolean): Constraint {
  return (a, b) => {
    if (typeof a === 'number' && typeof b === 'number') return compare(a, b)
    return typeof a === 'string' && typeof b === 'string' && compare(a, b)
  }
}

/** NaN, which compares with nothing, for what has no length. */
function lengthOf(value: JsonValue): number {
  if (typeof value === 'string') return value.length
  return Array.isArray(value) ? value.length : Number.NaN
}
