import { expect, test } from 'vitest'

import published from '../loop.schema.json' with { type: 'json' }
import { loopJsonSchema } from './json-schema.ts'

test('the published schema is up to date; `npm run schema` writes it', () => {
  expect(published).toEqual(JSON.parse(JSON.stringify(loopJsonSchema())))
})

test('it knows both vocabularies and refuses other keys', () => {
  const { $schema, properties, additionalProperties } = loopJsonSchema()

  expect($schema).toBe('https://json-schema.org/draft/2020-12/schema')
  expect(Object.keys(properties as object)).toEqual(
    expect.arrayContaining(['id', 'loopId', 'initialState', 'initial', 'spawns', 'spawnableLoops']),
  )
  expect(additionalProperties).toBe(false)
})
