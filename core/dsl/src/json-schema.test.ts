import { expect, test } from 'vitest'

import published from '../loop.schema.json' with { type: 'json' }
import { loopJsonSchema } from './json-schema.ts'

test('the published schema is up to date; `npm run schema` writes it', () => {
  expect(published).toEqual(JSON.parse(JSON.stringify(loopJsonSchema())))
})

test('the schema describes every field', () => {
  const bare: string[] = []
  const look = (schema: unknown, at: string): void => {
    if (typeof schema !== 'object' || schema === null) return
    const { properties = {} } = schema as { properties?: Record<string, { description?: string }> }
    for (const [name, field] of Object.entries(properties))
      if (!field.description) bare.push(`${at}/${name}`)
    for (const [key, part] of Object.entries(schema))
      if (key !== 'oneOf') look(part, `${at}/${key}`)
  }
  look(loopJsonSchema(), '')

  expect(bare).toEqual([])
})

test('the schema accepts both vocabularies and refuses other keys', () => {
  const { $schema, properties, additionalProperties } = loopJsonSchema()

  expect($schema).toBe('https://json-schema.org/draft/2020-12/schema')
  expect(Object.keys(properties as object)).toEqual(
    expect.arrayContaining(['id', 'loopId', 'initialState', 'initial', 'spawns', 'spawnableLoops']),
  )
  expect(additionalProperties).toBe(false)
})

test('the schema requires the same fields as the parser, in either vocabulary', () => {
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
})

test('a duration must be longer than zero, and an approval must not have both reviewers and stages', () => {
  const text = JSON.stringify(loopJsonSchema())
  const [, pattern = ''] = /"pattern":("[^"]*\(ms\|s[^"]*")/.exec(text) ?? []
  const duration = new RegExp(JSON.parse(pattern) as string)

  for (const right of ['30s', '1.5h', '0.5d', '10ms']) expect(right).toMatch(duration)
  for (const wrong of ['0s', '00.0h', '1 d', '1y', '-1s']) expect(wrong).not.toMatch(duration)
  expect(text).toContain(
    JSON.stringify([
      { required: ['stages'], properties: { reviewers: false, quorum: false } },
      { required: ['reviewers'], properties: { stages: false } },
    ]),
  )
})

test('the schema and the parser accept the same reviewers', () => {
  const { $defs = {} } = loopJsonSchema()
  const { pattern = '' } =
    Object.values($defs as Record<string, { pattern?: string }>).find(({ pattern: own }) =>
      own?.includes('role'),
    ) ?? {}
  const reviewer = new RegExp(pattern, 'u')

  for (const right of ['ann', '*', 'role:a b', 'role', 'team:', 'user:ann']) {
    expect(right).toMatch(reviewer)
  }
  for (const wrong of ['', ' ', 'role:', 'group: ', 'user:', 'role: a', '\nann']) {
    expect(wrong).not.toMatch(reviewer)
  }
})
