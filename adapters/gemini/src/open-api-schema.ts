import { isRecord, LoopError, type JsonObject, type JsonValue } from '@loop-engine/core'

const known = [
  'type',
  'title',
  'description',
  'required',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
]

/**
 * Writes a JSON Schema in the part of OpenAPI 3.0 that `responseSchema` knows. Other keywords are left out, because the
 * answer is checked with the whole schema later. Throws `invalid_config` for a schema that refers to itself.
 */
export function toOpenApiSchema(schema: JsonObject): JsonObject {
  if (schema['$ref'] !== undefined) throw unsupported()
  const { type: types, ...rest } = schema
  if (Array.isArray(types))
    return toOpenApiSchema({ anyOf: types.map((type) => ({ ...rest, type })) })
  const branches = list(schema['anyOf'] ?? schema['oneOf'])
  const values = branches.filter((branch) => branch['type'] !== 'null')
  const nullable = values.length < branches.length && { nullable: true }
  const [only, second] = values
  if (only && !second) return { ...described(schema), ...toOpenApiSchema(only), ...nullable }
  return {
    ...Object.fromEntries(Object.entries(schema).filter(([name]) => known.includes(name))),
    ...(schema['format'] === 'date-time' && { format: 'date-time' }),
    ...literals(schema),
    ...(values.length > 0 && { anyOf: values.map(toOpenApiSchema), ...nullable }),
    ...(isRecord(schema['items']) && { items: toOpenApiSchema(schema['items']) }),
    ...(isRecord(schema['properties']) && { properties: mapped(schema['properties']) }),
  }
}

/** Google enumerates strings only; other literals are left out. */
function literals({ enum: values, const: value }: JsonObject): JsonObject {
  const all = Array.isArray(values) ? values : value === undefined ? [] : [value]
  const texts = all.filter((member) => typeof member === 'string')
  return texts.length === all.length && texts.length > 0
    ? { type: 'string', format: 'enum', enum: texts }
    : {}
}

function mapped(properties: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [
      name,
      isRecord(property) ? toOpenApiSchema(property) : property,
    ]),
  )
}

function described({ description }: JsonObject): JsonObject {
  return description === undefined ? {} : { description }
}

function list(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value)
    ? value.filter((each: JsonValue): each is JsonObject => isRecord(each))
    : []
}

function unsupported(): LoopError {
  return new LoopError('invalid_config', 'The schema of this SDK cannot express these fields.', {
    plugin: 'gemini',
    path: '/fields',
    hint: 'Use the client of @google/genai, or fields that do not refer to themselves.',
  })
}
