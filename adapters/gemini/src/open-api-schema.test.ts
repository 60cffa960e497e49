import { toStrictJsonSchema } from '@loop-engine/core/provider'
import { expect, test } from 'vitest'
import { z } from 'zod'

import { toOpenApiSchema } from './open-api-schema.ts'

const written = (field: z.ZodType) =>
  toOpenApiSchema(toStrictJsonSchema(z.strictObject({ field })))['properties']

test('an object keeps its required fields, and loses keywords that responseSchema does not know', () => {
  expect(toOpenApiSchema(toStrictJsonSchema(z.strictObject({ field: z.boolean() })))).toEqual({
    type: 'object',
    required: ['field'],
    properties: { field: { type: 'boolean' } },
  })
})

test.each([
  ['a number', z.number().min(0).max(1), { type: 'number', minimum: 0, maximum: 1 }],
  ['a choice', z.enum(['a', 'b']), { type: 'string', format: 'enum', enum: ['a', 'b'] }],
  ['one text', z.literal('a'), { type: 'string', format: 'enum', enum: ['a'] }],
  // Google enumerates strings only.
  ['one number', z.literal(7), { type: 'number' }],
  [
    'a number or null',
    z.number().nullable().describe('In euros.'),
    { type: 'number', nullable: true, description: 'In euros.' },
  ],
  [
    'one or the other, or null',
    z.union([z.string(), z.boolean()]).nullable(),
    { anyOf: [{ type: 'string' }, { type: 'boolean' }], nullable: true },
  ],
  [
    'a list',
    z.array(z.strictObject({ sku: z.string().max(9) })).max(3),
    {
      type: 'array',
      maxItems: 3,
      items: {
        type: 'object',
        required: ['sku'],
        properties: { sku: { type: 'string', maxLength: 9 } },
      },
    },
  ],
])('%s', (_, field, schema) => {
  expect(written(field)).toEqual({ field: schema })
})

test('a schema that refers to itself cannot be written', () => {
  const tree = z.strictObject({
    get children() {
      return z.array(tree)
    },
  })

  expect(() => written(tree)).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/fields' }),
  )
})
