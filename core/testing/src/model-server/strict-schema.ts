import type { JsonObject, JsonValue } from '@loop-engine/core'

import { asObject } from './model-wire.ts'

export interface SchemaRules {
  /** Keywords that the vendor refuses anywhere in a schema. */
  readonly unsupported?: readonly string[]
  /** Whether every property must be required. */
  readonly everyRequired?: boolean
}

/** Says why a vendor with strict structured output refuses a schema; undefined if it accepts the schema. */
export function schemaProblem(schema: JsonValue, rules: SchemaRules, at = '#'): string | undefined {
  const node = asObject(schema)
  return objectProblem(node, rules, at) ?? keywordProblem(node, rules, at) ?? below(node, rules, at)
}

function objectProblem(node: JsonObject, rules: SchemaRules, at: string): string | undefined {
  if (node['type'] !== 'object') return undefined
  if (node['additionalProperties'] !== false)
    return `${at}: 'additionalProperties' is required to be supplied and to be false`
  const required = Array.isArray(node['required']) ? node['required'] : []
  const missing = Object.keys(asObject(node['properties'])).find((name) => !required.includes(name))
  return rules.everyRequired && missing !== undefined
    ? `${at}: 'required' must include every key in properties, missing '${missing}'`
    : undefined
}

function keywordProblem(node: JsonObject, rules: SchemaRules, at: string): string | undefined {
  const keyword = rules.unsupported?.find((name) => Object.hasOwn(node, name))
  return keyword === undefined ? undefined : `${at}: '${keyword}' is not supported`
}

function below(node: JsonObject, rules: SchemaRules, at: string): string | undefined {
  const children: [string, JsonValue][] = [
    ...Object.entries(asObject(node['properties'])),
    ...Object.entries(asObject(node['$defs'])),
    ...Object.entries(Array.isArray(node['anyOf']) ? node['anyOf'] : []),
    ...(node['items'] === undefined ? [] : [['items', node['items']] as [string, JsonValue]]),
  ]
  return children
    .map(([name, child]) => schemaProblem(child, rules, `${at}/${name}`))
    .find((problem) => problem !== undefined)
}
