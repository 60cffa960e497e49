import type { StandardSchemaWithJSON } from '@modelcontextprotocol/server'
import { z } from 'zod'

/** A schema as it is shown. It accepts everything: whoever reads the input says what was wrong. */
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
