import {
  actorSchema,
  actorTypes,
  isRecord,
  LoopError,
  notBlank,
  toPointer,
  type Actor,
  type Assurance,
  type Principal,
} from '@loop-engine/core'

type Read = (value: unknown) => unknown
type Fields = ReadonlyMap<string, Read>

const longestChain = 16
const types: ReadonlySet<unknown> = new Set(actorTypes)
const sha256 = /^[0-9a-f]{64}$/

/** The result of a reader for a value that it does not accept; `actorSchema` then says why. */
const wrong = Symbol('wrong')

// Every attempt reads an actor, so valid ones are read without zod. The definition is `actorSchema` of the core; a test
// checks that both accept the same actors.
const name = text(128)
const longName = text(256)
const hash: Read = (value) => (typeof value === 'string' && sha256.test(value) ? value : wrong)
const count = whole(0)
const amount = between(0, Infinity)

const assuranceFields: Fields = new Map([
  ['method', text(64)],
  ['issuer', anyText(512)],
  ['subject', anyText(512)],
  ['at', between(-Infinity, Infinity)],
])
const usageFields: Fields = new Map([
  ['inputTokens', count],
  ['outputTokens', count],
  ['cachedInputTokens', count],
  ['reasoningTokens', count],
  ['costUsd', amount],
  ['costUsdTicks', count],
])
/** Which model was asked, with which prompt, and what is known of its answer. */
const attribution: readonly (readonly [keyof Actor, Read])[] = [
  ['provider', name],
  ['modelId', longName],
  ['servedModel', longName],
  ['promptHash', hash],
  ['promptVersion', name],
  ['templateHash', hash],
  ['confidence', between(0, 1)],
  ['usage', (value) => readFields(value, usageFields)],
  ['responseId', (value) => (value === null ? null : longName(value))],
  ['latencyMs', amount],
  ['attempts', whole(1)],
]
const actorFields: Fields = new Map<string, Read>([
  ['type', (value) => (types.has(value) ? value : wrong)],
  ['id', longName],
  ['displayName', anyText(256)],
  ['roles', names],
  ['groups', names],
  ['onBehalfOf', (value) => readPrincipal(value, longestChain)],
  ['assurance', (value) => readFields(value, assuranceFields, 'method')],
  ...attribution,
])
/** The fields that only an ai-agent may have. */
export const attributionFields = attribution.map(([field]) => field)

/**
 * Copies and freezes an actor, reading each field once. `assurance`, if given, replaces that of the input.
 * Throws `invalid_actor` with the path of the wrong field.
 */
export function copyActor(input: unknown, assurance?: Assurance): Actor {
  if (isRecord(input)) {
    const copy: Record<string, unknown> = {}
    if (readInto(copy, input, actorFields) && 'type' in copy && 'id' in copy) {
      if (assurance !== undefined) copy.assurance = assurance
      return Object.freeze(copy) as Actor
    }
  }
  throw invalidActor(input)
}

function readInto(
  copy: Record<string, unknown>,
  input: Readonly<Record<string, unknown>>,
  fields: Fields,
): boolean {
  for (const key of Object.keys(input)) {
    const value = input[key]
    // JSON cannot record `undefined`, so such a field counts as absent.
    if (value === undefined) continue
    const read = fields.get(key)
    const copied = read === undefined ? wrong : read(value)
    if (copied === wrong) return false
    copy[key] = copied
  }
  return true
}

function readFields(value: unknown, fields: Fields, required?: string): unknown {
  if (!isRecord(value)) return wrong
  const copy: Record<string, unknown> = {}
  if (!readInto(copy, value, fields)) return wrong
  if (required !== undefined && !(required in copy)) return wrong
  return Object.freeze(copy)
}

function readPrincipal(value: unknown, allowed: number): unknown {
  if (!isRecord(value) || allowed === 0) return wrong
  const { type, id, onBehalfOf, ...rest } = value
  if (!types.has(type) || longName(id) === wrong || Object.keys(rest).length > 0) return wrong
  if (onBehalfOf === undefined) return Object.freeze({ type, id })
  const next = readPrincipal(onBehalfOf, allowed - 1)
  return next === wrong ? wrong : Object.freeze({ type, id, onBehalfOf: next })
}

function names(value: unknown): unknown {
  if (!Array.isArray(value) || value.length > 256) return wrong
  const copy: unknown[] = []
  for (const item of value) {
    if (name(item) === wrong) return wrong
    copy.push(item)
  }
  return Object.freeze(copy)
}

function text(max: number): Read {
  return (value) =>
    typeof value === 'string' && value.length <= max && notBlank.test(value) ? value : wrong
}

function anyText(max: number): Read {
  return (value) => (typeof value === 'string' && value.length <= max ? value : wrong)
}

function between(min: number, max: number): Read {
  return (value) =>
    typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max
      ? value
      : wrong
}

function whole(min: number): Read {
  return (value) => (Number.isSafeInteger(value) && (value as number) >= min ? value : wrong)
}

function invalidActor(input: unknown): LoopError {
  if (!isRecord(input))
    return new LoopError('invalid_actor', 'An actor could not be read.', {
      path: '',
      hint: "Give an object such as { type: 'human', id: 'alice' }.",
    })
  if (tooLong(input as { onBehalfOf?: Principal }))
    return new LoopError('invalid_actor', 'The delegation chain of an actor is too long.', {
      path: '/onBehalfOf',
      hint: `An actor may act for at most ${longestChain} principals, one on behalf of the next.`,
    })
  const issue = actorSchema.safeParse(input).error?.issues[0]
  const keys = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  return new LoopError('invalid_actor', 'An actor could not be read.', {
    path: toPointer([...(issue?.path ?? []), ...keys]),
    hint: keys.length > 0 ? 'An actor has no such field.' : issue?.message,
  })
}

function tooLong({ onBehalfOf }: { onBehalfOf?: Principal }): boolean {
  let allowed = longestChain
  for (let next = onBehalfOf; typeof next === 'object' && next !== null; next = next.onBehalfOf) {
    if (allowed-- === 0) return true
  }
  return false
}
