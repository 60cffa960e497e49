import type { Schema } from '@cfworker/json-schema'
import { isRecord } from '@loop-engine/core'

type Keyword = readonly [fits: (value: unknown) => boolean, what: string]

const isSchema = (value: unknown): boolean => typeof value === 'boolean' || isRecord(value)
const isText = (value: unknown): boolean => typeof value === 'string'
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0
const isListOf = (value: unknown, fits: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(fits)

const anySchema: Keyword = [isSchema, 'a schema']
const oneOrMany: Keyword = [
  (value) => isSchema(value) || isListOf(value, isSchema),
  'a schema or a list of them',
]
const schemas: Keyword = [(value) => isListOf(value, isSchema), 'a list of schemas']
const byName: Keyword = [
  (value) => isRecord(value) && Object.values(value).every(isSchema),
  'an object of schemas',
]
const names: Keyword = [(value) => isListOf(value, isText), 'a list of texts']
const number: Keyword = [(value) => typeof value === 'number', 'a number']
const count: Keyword = [isCount, 'a whole number of at least 0']

/** Keywords whose values the validator does not check: with a wrong value it throws, or ignores the keyword. */
const keywords = new Map<string, Keyword>([
  ...named(byName, 'properties patternProperties dependentSchemas $defs definitions'),
  ...named(schemas, 'allOf anyOf oneOf prefixItems'),
  ...named(anySchema, 'additionalProperties unevaluatedProperties unevaluatedItems propertyNames'),
  ...named(anySchema, 'contains not if then else'),
  ...named(oneOrMany, 'items'),
  ...named(names, 'required'),
  ...named([Array.isArray, 'a list'], 'enum'),
  ...named(number, 'minimum maximum exclusiveMinimum exclusiveMaximum multipleOf'),
  ...named(count, 'minLength maxLength minItems maxItems minContains maxContains'),
  ...named(count, 'minProperties maxProperties'),
  ...named([isText, 'a text'], 'pattern format $ref'),
  ...named([(value) => typeof value === 'boolean', 'true or false'], 'uniqueItems'),
  ...named([() => false, '$ref: it is followed nowhere'], '$dynamicRef'),
])

export function keywordFaults(part: Schema): readonly string[] {
  return Object.entries(part).flatMap(([key, value]) => {
    const [fits, what] = keywords.get(key) ?? []
    return fits === undefined || fits(value) ? [] : [`"${key}" of a schema must be ${what}.`]
  })
}

function named(keyword: Keyword, list: string): readonly (readonly [string, Keyword])[] {
  return list.split(' ').map((name) => [name, keyword])
}
