import type { OutputUnit, Schema, ValidationResult } from '@cfworker/json-schema'
import { isRecord, LoopError, type Guard, type JsonObject } from '@loop-engine/core'

import { loadJsonSchema } from '../load-libraries.ts'
import { createTimeLimit, type TimeLimit } from '../time-limit.ts'
import { readField } from './read-field.ts'
import { mayTakeLong, partsOf, patternRisk, schemaFaults } from './schema/schema-faults.ts'
import { beginAnew } from './schema/unevaluated.ts'

type Validate = (evidence: JsonObject) => ValidationResult | 'late'

const longestMs = 500

/** `{ schema: { … } }`: the evidence satisfies a JSON Schema (2020-12). Generates no code and follows no remote references. */
export function createEvidenceSchemaGuard(): Guard {
  const validators = new WeakMap<JsonObject, Validate>()
  const limit = createTimeLimit(longestMs)
  const validatorOf = (schema: JsonObject): Validate => {
    const validate = validators.get(schema) ?? compile(schema, limit)
    validators.set(schema, validate)
    return validate
  }

  return {
    contract: 'guard/v1',
    id: 'evidence-schema',
    description: 'The evidence satisfies `schema`.',
    check({ schema, ...rest }) {
      if (!isRecord(schema)) return ['"schema" must be a JSON Schema.']
      const unknown = Object.keys(rest).map((key) => `"${key}" is not a parameter; known: schema.`)
      try {
        return [...unknown, ...schemaFaults(copyOf(schema))]
      } catch (error) {
        return [...unknown, error instanceof Error ? error.message : '"schema" could not be read.']
      }
    },
    evaluate({ evidence, parameters: { schema } }) {
      if (!isRecord(schema)) return { passed: false, message: 'No schema is given.' }
      const judged = validatorOf(schema)(evidence)
      if (judged === 'late')
        return { passed: false, message: 'The evidence takes too long to check.' }
      const { valid, errors } = judged
      const place = valid ? '' : placeOf(errors, schema)
      return { passed: valid, message: `The evidence does not satisfy its schema at ${place}.` }
    },
  }
}

// Names the innermost place that the schema itself has, and no field names of the evidence, which may be anything.
function placeOf(errors: readonly OutputUnit[], schema: JsonObject): string {
  const places = errors.map(({ keywordLocation }) => keywordLocation)
  return places.findLast((place) => readField(schema, place.slice(1)) !== undefined) ?? '#'
}

function compile(schema: JsonObject, limit: TimeLimit): Validate {
  const copy = copyOf(schema)
  const risk = patternRisk(copy)
  if (risk !== null) throw new LoopError('invalid_definition', risk)
  const { Validator } = loadJsonSchema()
  const validator = new Validator(copy, '2020-12', true)
  const [root, ...parts] = partsOf(copy)
  const isReferred = parts.some((part) => part.__absolute_ref__ === copy.__absolute_uri__)
  // Of a condition nobody learns where it does not hold: the root, which most schemas close, stays as it is if it may.
  beginAnew(isReferred && root ? [root, ...parts] : parts)
  if (!mayTakeLong(copy)) return (evidence) => validator.validate(evidence)
  return (evidence) => limit(() => validator.validate(evidence))
}

// The validator writes into the schema that it is given.
function copyOf(schema: JsonObject): Schema {
  return structuredClone(schema) as Schema
}
