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

test('it asks for what the parser asks for, in one vocabulary or the other', () => {
  const { allOf, $defs = {} } = loopJsonSchema()
  const either = (...names: string[]) => ({ anyOf: names.map((name) => ({ required: [name] })) })
  const parts = JSON.stringify($defs) + JSON.stringify(loopJsonSchema().properties)

  expect(allOf).toEqual([either('id', 'loopId'), either('initialState', 'initial')])
  for (const part of [
    [either('id', 'stateId')],
    [either('id', 'transitionId'), either('actors', 'allowedActors')],
    [either('id', 'guardId')],
  ])
    expect(parts).toContain(JSON.stringify(part))
  expect(parts).toContain(JSON.stringify('^\\d{1,9}(\\.\\d{1,3})?(ms|s|m|h|d|w)$'))
})
