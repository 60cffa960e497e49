import { stateSchema } from '@loop-engine/core'

import { fieldTexts } from './field-texts.ts'
import { createInputSchema } from './input-schema.ts'
import { loadZod } from './load.ts'
import { spellings, spellingsOf } from './spellings.ts'

const required: ReadonlySet<string> = new Set(['id', 'initialState', 'actors'])

/** Returns the JSON Schema (draft 2020-12) of every form in which a loop may be written, for editors. */
export function loopJsonSchema(): Record<string, unknown> {
  const duration: unknown = stateSchema.shape.timeout.unwrap().shape.after
  const schema = loadZod().toJSONSchema(createInputSchema(), {
    target: 'draft-2020-12',
    io: 'input',
    unrepresentable: 'any',
    reused: 'ref',
    override: ({ zodSchema, jsonSchema }) => {
      // The only custom schema of a definition is free JSON, such as the parameters of a guard.
      if (zodSchema._zod.def.type === 'custom') jsonSchema.type = 'object'
      if (zodSchema === duration) jsonSchema.pattern = durationPattern
      const needed = oneOfEach(jsonSchema.properties ?? {})
      if (needed.length > 0) jsonSchema.allOf = needed
      describe(jsonSchema.properties ?? {})
      if (Object.hasOwn(jsonSchema.properties ?? {}, 'stages')) jsonSchema.oneOf = oneStage
    },
  })
  return { $id: 'https://loopengine.dev/loop.schema.json', title: 'Loop definition', ...schema }
}

/**
 * Adds the description of each field, in every spelling; also to
 * fields that are references, which may have one beside `$ref`.
 */
function describe(properties: Record<string, unknown>): void {
  const texts = fieldTexts.find((each) =>
    Object.keys(each).every((name) => Object.hasOwn(properties, name)),
  )
  for (const [name, text] of Object.entries(texts ?? {}))
    for (const spelling of spellingsOf(name))
      if (Object.hasOwn(properties, spelling))
        properties[spelling] = { description: text, ...(properties[spelling] as object) }
}

/** A duration such as `30s`, longer than zero. */
const durationPattern = '^(?!0+(\\.0+)?[a-z])\\d{1,9}(\\.\\d{1,3})?(ms|s|m|h|d|w)$'

/** `reviewers` with `quorum` are short for one stage, so they cannot stand beside `stages`. */
const oneStage: { required: string[]; properties: Record<string, false> }[] = [
  { required: ['stages'], properties: { reviewers: false, quorum: false } },
  { required: ['reviewers'], properties: { stages: false } },
]

/** The required fields that have two spellings: one of the two must be there. */
function oneOfEach(properties: object): { anyOf: { required: string[] }[] }[] {
  const table = Object.values(spellings).find((names) =>
    Object.keys(names).every((name) => Object.hasOwn(properties, name)),
  )
  return Object.entries(table ?? {})
    .filter(([, name]) => required.has(name))
    .map(([spelling, name]) => ({ anyOf: [{ required: [name] }, { required: [spelling] }] }))
}
