import type { Schema } from '@cfworker/json-schema'
import { isRecord } from '@loop-engine/core'

import { loadJsonSchema } from '../../load-libraries.ts'
import { riskOf } from './pattern-risk.ts'
import { keywordFaults } from './schema-keywords.ts'

const types = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']

/**
 * The faults of a schema that the validator would notice only when evidence leads it there: meaningless types, patterns and
 * references. Walks the schema by the validator's own tables of keywords, so that parts which the validator ignores, such as
 * examples, may contain anything.
 */
export function schemaFaults(schema: Schema): readonly string[] {
  const shapes = new Set([...partsOf(schema)].flatMap(keywordFaults))
  if (shapes.size > 0) return [...shapes]
  const { dereference } = loadJsonSchema()
  const known = dereference(schema)
  const faults = new Set<string>()
  for (const part of partsOf(schema)) {
    for (const type of [part.type ?? []].flat()) {
      if (!types.includes(type)) faults.add(`"${type}" is no type; known: ${types.join(', ')}.`)
    }
    const reference = part.__absolute_ref__
    if (reference !== undefined && known[reference] === undefined) {
      faults.add(`The reference "${part.$ref}" leads nowhere; only the schema itself is looked in.`)
    }
    if (!patternsIn(part).every(isPattern)) faults.add('A pattern is no regular expression.')
  }
  const risk = patternRisk(schema)
  return risk === null ? [...faults] : [...faults, risk]
}

/** Why a pattern of the schema may take exponential time, or null. */
export function patternRisk(schema: Schema): string | null {
  for (const part of partsOf(schema)) {
    for (const pattern of patternsIn(part)) {
      const risk = riskOf(pattern)
      if (risk !== null) return `A pattern of the schema ${risk}.`
    }
  }
  return null
}

/** Whether checking evidence may take more than a moment. Without these keywords the time grows only with its size. */
export function mayTakeLong(schema: Schema): boolean {
  return [...partsOf(schema)].some(
    (part) => part.uniqueItems || part.format !== undefined || patternsIn(part).length > 0,
  )
}

/** A schema, and every schema in it that the validator looks at. */
export function* partsOf(schema: unknown): Generator<Schema> {
  if (!isRecord(schema)) return
  yield schema
  const { schemaArrayKeyword, schemaKeyword, schemaMapKeyword } = loadJsonSchema()
  for (const [key, value] of Object.entries(schema)) {
    const isList = Array.isArray(value) && schemaArrayKeyword[key] === true
    if (isList || (isRecord(value) && schemaMapKeyword[key] === true)) {
      for (const part of Object.values(value)) yield* partsOf(part)
    } else if (schemaKeyword[key] === true) {
      yield* partsOf(value)
    }
  }
}

function patternsIn({ pattern, patternProperties }: Schema): readonly string[] {
  return [...(pattern === undefined ? [] : [pattern]), ...Object.keys(patternProperties ?? {})]
}

// As the validator reads it.
function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u') instanceof RegExp
  } catch {
    return false
  }
}
