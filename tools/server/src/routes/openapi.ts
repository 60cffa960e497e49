import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
} from 'zod-openapi'

import { nameOfCookie } from '../access/session-cookie.ts'
import { problemSchema } from '../schemas/problem.ts'
import type { AnswerSpec, Route } from './route.ts'

export type OpenApiDocument = ReturnType<typeof createDocument>

const problem = {
  description: 'A problem; `code` is stable.',
  content: { 'application/problem+json': { schema: problemSchema } },
}

/** The OpenAPI document, made from the schemas that validate requests. */
export function openApiOf(routes: readonly Route[], secureCookies = false): OpenApiDocument {
  const paths: ZodOpenApiPathsObject = {}
  for (const route of routes) {
    paths[`/api/v1${route.path}`] = {
      ...paths[`/api/v1${route.path}`],
      [route.method]: operationOf(route),
    }
  }
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'Loop Engine',
        version: '1',
        description:
          'Governed runs over HTTP. An attempt answers 200 only when it was executed; a refusal is a problem that carries the whole result. Repeat a request whose outcome is unknown with the same Idempotency-Key.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
      security: [{ bearer: [] }, { session: [] }],
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key, or a token of a configured issuer.',
          },
          session: { type: 'apiKey', in: 'cookie', name: nameOfCookie(secureCookies) },
        },
      },
      paths,
    },
    {
      // Answers may gain fields without breaking clients.
      override({ jsonSchema, io }) {
        if (io === 'output' && jsonSchema.additionalProperties === false)
          delete jsonSchema.additionalProperties
        // zod marks a readonly array as `readOnly`, which in OpenAPI means a property that only answers have.
        delete jsonSchema.readOnly
      },
    },
  )
}

function operationOf(route: Route): ZodOpenApiOperationObject {
  const { params, query, body, answers, scope } = route
  const headers = headerParameters(route)
  return {
    operationId: route.id,
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, scope !== 'public' && `Needs the scope \`${scope}\`.`]
      .filter(Boolean)
      .join(' '),
    ...(scope === 'public' && { security: [] }),
    requestParams: { ...(params && { path: params }), ...(query && { query }) },
    ...(headers.length > 0 && { parameters: headers }),
    ...(body && {
      requestBody: {
        required: !route.bodyOptional,
        content: { 'application/json': { schema: body } },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [
          status,
          responseOf(Number(status), answer),
        ]),
      ),
      default: problem,
    },
  }
}

function responseOf(
  status: number,
  { description, schema, type, headers = {} }: AnswerSpec,
): ZodOpenApiOperationObject['responses'][`${2}00`] {
  if (status >= 400) return { ...problem, description }
  const media = type ?? (schema && 'application/json')
  return {
    description,
    ...(media && { content: { [media]: { schema: schema ?? { type: 'string' } } } }),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, text]) => [
        name,
        { description: text, schema: { type: 'string' } },
      ]),
    ),
  }
}

function headerParameters({
  idempotent,
  ifMatch,
  path,
}: Route): NonNullable<ZodOpenApiOperationObject['parameters']> {
  const header = (name: string, description: string) =>
    ({ name, in: 'header', required: false, description, schema: { type: 'string' } }) as const
  return [
    ...(idempotent
      ? [
          header(
            'Idempotency-Key',
            'The same key with the same request gets the same answer. The same key with another request is refused.',
          ),
        ]
      : []),
    ...(ifMatch
      ? [header('If-Match', 'The ETag of the run; answered with 412 if the run has changed since.')]
      : []),
    ...(path === '/events'
      ? [header('Last-Event-ID', 'The id of the last event that was read.')]
      : []),
  ]
}
