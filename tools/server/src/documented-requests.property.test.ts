import fc from 'fast-check'
import { createGeneratorSync, type JsonSchema } from 'json-schema-faker'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { openApiOf } from './routes/openapi.ts'
import { routes } from './routes/routes.ts'
import { createTestServer, type Reply, type TestServer } from './server.fixture.ts'

interface Schema {
  readonly $ref?: string
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
}
interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly schema: Schema
}
interface Operation {
  readonly operationId: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Record<'application/json', { schema: Schema }> }
  readonly responses: Readonly<Record<string, unknown>>
}

/** The OpenAPI document as a client reads it. */
const document = JSON.parse(JSON.stringify(openApiOf(routes))) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}
/** Left out: a stream does not end, and after a logout the caller would have no session. */
const operations = Object.entries(document.paths)
  .flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  .filter(({ operation }) => !['streamEvents', 'endSession'].includes(operation.operationId))

let server: TestServer
let callers: readonly { readonly key?: string; readonly cookie?: string }[]
const robot = 0
/** Ids that exist, so that not every request ends with 404. */
let existing: Readonly<Record<string, readonly string[]>>
beforeAll(async () => {
  server = await createTestServer()
  const key = server.key()
  const asked = await Promise.all(['a', 'b', 'c'].map((id) => server.waiting(id, key)))
  existing = {
    loopId: ['refund'],
    aggregateId: ['a', 'b', 'c'],
    requestId: asked.map(({ id }) => String(id)),
    runId: asked.map(({ runId }) => String(runId)),
    transition: ['note', 'pay', 'drop'],
  }
  callers = [
    { key: server.key('default', 'ai-agent') },
    { cookie: await server.login('alice', ['finance']) },
  ]
})
afterAll(() => server.close())

const schemaOf = (schema: Schema): Schema =>
  schema.$ref ? (document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}) : schema

function make(schema: Schema, seed: number): unknown {
  const whole = { ...schemaOf(schema), components: document.components } as JsonSchema
  return createGeneratorSync({ seed, optionalsProbability: 0.5, maxLength: 64 }).generate(whole)
}

/** Path segments that every client resolves before it sends a request. */
const isStep = (text: string): boolean => text === '.' || text === '..'

type Fields = Readonly<Record<string, unknown>>
interface Request {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly body: Fields | undefined
}

/** A request that the document allows; with ids that exist if `real`. */
function compose(
  { path, method, operation }: (typeof operations)[number],
  seed: number,
  { real, by }: { readonly real: boolean; readonly by: number },
): Request {
  const { parameters = [], requestBody } = operation
  const known = (name: string): string | undefined =>
    real ? existing[name]?.[seed % existing[name].length] : undefined
  const valueOf = ({ name, schema }: Parameter, turn: number): string =>
    known(name) ?? String(make(schema, seed + turn))
  const isThere = (turn: number): boolean => (seed >> turn) % 2 === 1

  let filled = path
  const query: Record<string, string> = {}
  for (const [turn, parameter] of parameters.entries()) {
    const { name, in: place } = parameter
    const text = valueOf(parameter, turn)
    if (place === 'path')
      filled = filled.replace(`{${name}}`, encodeURIComponent(isStep(text) ? 'a' : text))
    // A cursor must come from an earlier answer.
    else if (place === 'query' && name !== 'cursor' && isThere(turn)) query[name] = text
  }
  const made = requestBody && (make(requestBody.content['application/json'].schema, seed) as Fields)
  const body =
    made &&
    Object.fromEntries(
      Object.entries(made)
        // Only an ai-agent may have attribution, which no schema can express.
        .filter(([name]) => name !== 'attribution' || by === robot)
        .map(([name, value]) => [name, known(name) ?? value]),
    )
  return { method: method.toUpperCase(), path: filled, query, body }
}

async function send({ method, path, query, body }: Request, caller: number): Promise<Reply> {
  const search = new URLSearchParams(query).toString()
  return server.call(method, `${path}?${search}`, { ...callers[caller], ...(body && { body }) })
}

const malformed = [400, 405, 406, 413, 414, 415]
const anyOperation = fc.constantFrom(...operations)
const seeds = fc.nat(1_000_000)
const anyCaller = fc.nat(1)

test('a request that the document allows is never refused as malformed', async () => {
  const seen = new Set<number>()
  await fc.assert(
    fc.asyncProperty(
      anyOperation,
      seeds,
      fc.boolean(),
      anyCaller,
      async (which, seed, real, by) => {
        const request = compose(which, seed, { real, by })
        const { status, text, body } = await send(request, by)
        seen.add(status)

        // An unknown state and an unknown delegate are refused too, without a list of errors.
        const inWords = body?.path === '/state' || body?.path === '/to'
        const isMalformed = malformed.includes(status) && !inWords
        const isDocumented = status >= 400 || String(status) in which.operation.responses
        const isFine = !isMalformed && isDocumented && status < 500
        expect(isFine, `${JSON.stringify(request)} ${text}`).toBe(true)
      },
    ),
    { numRuns: 1000, seed: 1 },
  )
  for (const status of [200, 403, 404, 409]) expect([...seen]).toContain(status)
}, 60_000)

/** Ways to break a body, each a mistake that clients make. */
const mistakes = {
  'a field too many': (body: Fields) => ({ ...body, unheardOf: true }),
  'a field too few': (body: Fields, { required = [] }: Schema, turn: number) => {
    const missing = required[turn % required.length]
    return missing && Object.fromEntries(Object.entries(body).filter(([name]) => name !== missing))
  },
  'a value of another type': (body: Fields, { properties = {} }: Schema, turn: number) => {
    const name = Object.keys(properties)[turn % Object.keys(properties).length]
    return name && { ...body, [name]: 17.5 }
  },
  'no object at all': (body: Fields) => [body],
}

test('a request that the document forbids is refused, and the answer says where it is wrong', async () => {
  let refused = 0
  const changing = operations.filter(({ operation }) => operation.requestBody)
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...changing),
      fc.constantFrom(...Object.values(mistakes)),
      seeds,
      anyCaller,
      async (which, mistake, seed, by) => {
        const request = compose(which, seed, { real: true, by })
        const schema = which.operation.requestBody?.content['application/json'].schema ?? {}
        const broken = mistake(request.body ?? {}, schemaOf(schema), seed)
        if (!broken) return
        const { status, body } = await send({ ...request, body: broken as Fields }, by)

        // A missing scope or role is reported before a malformed body.
        if (status === 403) return
        expect(status, JSON.stringify({ ...request, body: broken })).toBe(400)
        expect(body.errors.length).toBeGreaterThan(0)
        refused += 1
      },
    ),
    { numRuns: 500, seed: 1 },
  )
  expect(refused).toBeGreaterThan(150)
}, 60_000)
