import { createInputSchema } from './input-schema.ts'
import { loadZod } from './load.ts'

/** The JSON Schema (draft 2020-12) of everything that a loop may be written as, for editors. */
export function loopJsonSchema(): Record<string, unknown> {
  const schema = loadZod().toJSONSchema(createInputSchema(), {
    target: 'draft-2020-12',
    io: 'input',
    unrepresentable: 'any',
    reused: 'ref',
    override: ({ zodSchema, jsonSchema }) => {
      // The only custom schema of a definition is free JSON, such as the parameters of a guard.
      if (zodSchema._zod.def.type === 'custom') jsonSchema.type = 'object'
    },
  })
  return { $id: 'https://loopengine.dev/loop.schema.json', title: 'Loop definition', ...schema }
}
