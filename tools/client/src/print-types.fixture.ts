import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** The part of JSON Schema that the server's document uses. */
interface Schema {
  readonly $ref?: string
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
}

const head = `// Made from the server's OpenAPI document by schema.test.ts; \`npx vitest run tools/client -u\` makes it again.
`

/** The schemas of an OpenAPI document as TypeScript, formatted like the rest of the code. */
export function printTypes(schemas: Readonly<Record<string, unknown>>): string {
  const types = Object.entries(schemas)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, schema]) => printType(name, schema as Schema))
  const oxfmt = join(import.meta.dirname, '../../../node_modules/.bin/oxfmt')
  const input = `${head}\n${types.join('\n\n')}\n`
  return execFileSync(oxfmt, ['--stdin-filepath', 'schema.ts'], {
    input,
    encoding: 'utf8',
    cwd: join(import.meta.dirname, '../../..'),
  })
}

function printType(name: string, schema: Schema): string {
  const text = print(schema)
  const comment = commentOf(schema)
  return text.startsWith('{') && text.endsWith('}') && !choicesOf(schema)
    ? `${comment}export interface ${name} ${text}`
    : `${comment}export type ${name} = ${text}`
}

function print(schema: Schema): string {
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1) ?? 'unknown'
  if (schema.const !== undefined) return literal(schema.const)
  if (schema.enum) return schema.enum.map(literal).join(' | ')
  const choices = choicesOf(schema)
  if (choices) return choices.map((one) => `(${print(one)})`).join(' | ')
  if (schema.allOf) return schema.allOf.map((one) => `(${print(one)})`).join(' & ')
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? [])
  return types.length === 0 ? 'unknown' : types.map((type) => printOf(type, schema)).join(' | ')
}

/** The alternatives of a schema. Beside properties they are conditions, which the type leaves out. */
function choicesOf({ anyOf, oneOf, properties }: Schema): readonly Schema[] | undefined {
  return properties ? undefined : (anyOf ?? oneOf)
}

function printOf(type: string, schema: Schema): string {
  switch (type) {
    case 'string':
    case 'boolean':
    case 'null':
      return type
    case 'number':
    case 'integer':
      return 'number'
    case 'array':
      return `readonly (${schema.items ? print(schema.items) : 'unknown'})[]`
    default:
      return printObject(schema)
  }
}

function printObject({ properties, required = [], additionalProperties }: Schema): string {
  const values = typeof additionalProperties === 'object' ? print(additionalProperties) : 'unknown'
  if (!properties) return `Readonly<Record<string, ${values}>>`
  const lines = Object.entries(properties).map(
    ([name, schema]) =>
      `${commentOf(schema)}readonly ${JSON.stringify(name)}${required.includes(name) ? '' : '?'}: ${print(schema)}`,
  )
  const open = additionalProperties ? [`readonly [name: string]: ${values}`] : []
  return `{\n${[...lines, ...open].join('\n')}\n}`
}

function commentOf({ description }: Schema): string {
  return description === undefined ? '' : `/** ${description} */\n`
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}
