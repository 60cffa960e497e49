import { expect, test } from 'vitest'
import { z } from 'zod'

import { lazySchema, withZod } from './lazy-schema.ts'
import { actorSchema } from './model/actor.ts'
import { loopDefinitionSchema, stateSchema } from './model/definition.ts'

test('a schema is built when it is first used, and once', () => {
  let built = 0
  const name = lazySchema(
    withZod((zod) => {
      built += 1
      return zod.string().max(3)
    }),
  )
  expect(built).toBe(0)

  expect(name.safeParse('abc').success).toBe(true)
  expect(name.safeParse('abcd').success).toBe(false)
  expect(built).toBe(1)
})

test('it takes part in the schemas of a program that imports zod itself', () => {
  const request = z.strictObject({ by: actorSchema, states: z.array(stateSchema) })

  const { error } = request.safeParse({ by: { type: 'robot', id: 'r' }, states: [{ id: 7 }] })

  expect(error?.issues.map(({ code, path }) => [code, ...path])).toEqual([
    ['invalid_value', 'by', 'type'],
    ['invalid_type', 'states', 0, 'id'],
  ])
  expect(request.parse({ by: { type: 'human', id: 'a' }, states: [{ id: 'A' }] })).toEqual({
    by: { type: 'human', id: 'a' },
    states: [{ id: 'A' }],
  })
})

test('it is what it stands for', () => {
  expect(loopDefinitionSchema).toBeInstanceOf(z.ZodObject)
  expect(loopDefinitionSchema).toBeInstanceOf(z.ZodType)
  expect(Object.keys(stateSchema.shape)).toContain('timeout')
  expect('safeParse' in stateSchema).toBe(true)
  expect(stateSchema.extend({ note: z.string() }).parse({ id: 'A', note: 'n' })).toEqual({
    id: 'A',
    note: 'n',
  })
  expect(z.toJSONSchema(z.object({ state: stateSchema.pick({ id: true }) }))).toMatchObject({
    properties: { state: { required: ['id'], additionalProperties: false } },
  })
})
