import type { StandardSchemaWithJSON } from '@modelcontextprotocol/server'
import { z } from 'zod'

/**
 * A schema for clients to read. It accepts everything, because `readInput` checks the input and explains what is wrong.
 */
export function described(schema: z.ZodType, io: 'input' | 'output'): StandardSchemaWithJSON {
  const shown = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' })
  return {
    '~standard': {
      version: 1,
      vendor: 'loop-engine',
      validate: (value) => ({ value }),
      jsonSchema: { input: () => shown, output: () => shown },
    },
  }
}
