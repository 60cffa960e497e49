import { digestOf, LoopError, parseJson, type JsonObject, type JsonValue } from '@loop-engine/core'
import { asSchema } from 'ai'

import type { ToolLike } from './govern-options.ts'

/** SHA-256 of what a model is told about a tool: name, title, description and input schema. */
export async function toolDigest(name: string, tool: ToolLike): Promise<string> {
  const { description, title, inputSchema } = tool
  const schema = inputSchema === undefined ? null : await schemaOf(inputSchema).jsonSchema
  const told: JsonObject = {
    name,
    title: typeof title === 'string' ? title : null,
    // A description that is computed at run time does not identify the tool.
    description: typeof description === 'string' ? description : null,
    schema: parseJson(JSON.stringify(schema)) as JsonValue,
  }
  return digestOf(told)
}

/** Reads an input that comes from the ledger with the tool's own schema. Throws `invalid_input`. */
export async function parseInput(tool: ToolLike, json: JsonValue): Promise<unknown> {
  if (tool.inputSchema === undefined) return json
  const read = await schemaOf(tool.inputSchema).validate?.(json)
  if (!read) return json
  if (read.success) return read.value
  throw new LoopError('invalid_input', 'The schema of a tool does not accept the approved input.', {
    plugin: 'vercel-ai',
  })
}

function schemaOf(schema: unknown): ReturnType<typeof asSchema> {
  try {
    // `asSchema` itself recognises zod, Standard Schema and the SDK's own schemas.
    return asSchema(schema as Parameters<typeof asSchema>[0])
  } catch (cause) {
    throw new LoopError(
      'invalid_config',
      'The SDK does not know the kind of schema that a tool has as inputSchema.',
      {
        plugin: 'vercel-ai',
        hint: 'Give a schema of zod, or JSON Schema in jsonSchema() of the package ai.',
        cause,
      },
    )
  }
}
