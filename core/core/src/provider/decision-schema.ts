import { z } from 'zod'

import type { SubmissionContext } from '../contracts/provider.ts'
import { LoopError } from '../errors.ts'
import type { JsonObject } from '../json/json.ts'

/** What a model must fill in beside `signal`, `rationale` and `confidence`. A zod object; each field is required. */
export type DecisionFields = z.ZodObject

const reserved = ['signal', 'rationale', 'confidence']

/** Refuses fields that vendors' strict modes cannot express, with `invalid_config` and a path. */
export function checkFields(fields: DecisionFields): void {
  for (const [name, field] of Object.entries(fields.shape)) {
    const path = `/fields/${name}`
    if (reserved.includes(name)) {
      throw new LoopError('invalid_config', 'A field of a decision has a reserved name.', {
        path,
        hint: `${reserved.join(', ')} are always there.`,
      })
    }
    if (field instanceof z.ZodOptional || field instanceof z.ZodDefault) {
      throw new LoopError('invalid_config', 'A field of a decision is optional.', {
        path,
        hint: 'Strict schemas require every field: use .nullable() instead.',
      })
    }
  }
  toStrictJsonSchema(fields)
}

/** The shape of an answer while these signals are open. */
export function decisionSchema(
  signals: SubmissionContext['availableSignals'],
  fields: DecisionFields | undefined,
): z.ZodObject {
  return z.strictObject({
    signal: z.enum(signals.map(({ signalId }) => signalId)),
    rationale: z.string(),
    confidence: z.number().min(0).max(1),
    ...fields?.shape,
  })
}

/**
 * JSON Schema 2020-12 without `$schema`, in which every member is required and no other allowed, as strict modes demand.
 * Throws `invalid_config` for a schema that JSON Schema cannot express.
 */
export function toStrictJsonSchema(schema: z.ZodObject, path = '/fields'): JsonObject {
  try {
    const { $schema: _, ...rest } = z.toJSONSchema(schema)
    // z.toJSONSchema returns plain JSON; its type also knows booleans where none occur.
    return JSON.parse(JSON.stringify(rest)) as JsonObject
  } catch (cause) {
    throw new LoopError('invalid_config', 'A schema asks for what JSON Schema cannot say.', {
      path,
      hint: 'Leave out dates and transforms: z.iso.datetime() is a time that JSON can hold.',
      cause,
    })
  }
}
