import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'

import { createTestServer } from '../server.fixture.ts'
import { openApiOf } from './openapi.ts'
import { routes } from './routes.ts'

test('the document that is served is valid OpenAPI 3.1', async () => {
  const server = await createTestServer()
  const { body, status } = await server.call('GET', '/api/v1/openapi.json')
  await server.close()
  const validator = new Validator()

  const { valid, errors } = await validator.validate(body)

  expect([status, errors, valid]).toEqual([200, undefined, true])
  expect(validator.version).toBe('3.1')
  expect(body).toEqual(JSON.parse(JSON.stringify(openApiOf(routes))))
})

test('each operation is in the document once, with its schemas, problems and credentials', () => {
  const { paths = {} } = openApiOf(routes)
  const operations = Object.values(paths).flatMap((path) => Object.values(path as object))

  const ids = operations.map(({ operationId }) => String(operationId))
  expect(ids.length).toBe(routes.length)
  expect(new Set(ids)).toEqual(new Set(routes.map(({ id }) => id)))
  for (const { responses } of operations)
    expect(responses.default.content['application/problem+json'].schema).toEqual({
      $ref: '#/components/schemas/Problem',
    })
})

test('answers may gain fields in the document, and requests may not', () => {
  const schemas = openApiOf(routes).components?.schemas ?? {}

  expect(schemas['Instance']).not.toHaveProperty('additionalProperties')
  expect(schemas['Start']).toMatchObject({ additionalProperties: false })
})
