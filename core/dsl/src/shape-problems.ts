import {
  actorTypes,
  approvalPolicySchema,
  effectSpecSchema,
  guardSpecSchema,
  loopDefinitionSchema,
  outcomeSchema,
  stateSchema,
  transitionSchema,
  type DefinitionProblem,
} from '@loop-engine/core'
import type { z } from 'zod'

import { pointer } from './problems.ts'
import { spellings } from './spellings.ts'
import { createSuggester } from './suggest.ts'

type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

/** What the canonical schema found, in the words of a definition. */
export function shapeProblems(issues: readonly Issue[], draft: unknown): DefinitionProblem[] {
  const suggest = createSuggester()
  return issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [shapeProblem(issue, draft)]
    return issue.keys.map((key) => ({
      code: 'unknown_key',
      path: pointer('', ...issue.path, key),
      message: `"${shorten(key)}" is not a field of ${nounOf(issue.path)}.`,
      hint: suggest(key, knownKeys(issue.path)),
    }))
  })
}

/** What may stand for a required field, so that the rest can be checked: nothing else depends on it. */
const standIns = new Map<string, unknown>([
  ['actors', actorTypes],
  ['after', '1ms'],
  ['reviewers', ['*']],
])
/** Lists whose entries have paths of their own, by which other problems are told. */
const structures = new Set<PropertyKey>(['states', 'transitions', 'guards', 'stages', 'escalate'])

/** A copy of the draft without the fields that were refused, or undefined when too little would be left of it. */
export function withoutRefused(draft: unknown, issues: readonly Issue[]): unknown {
  const refused = new Map<string, Set<string>>()
  for (const issue of issues) {
    for (const [path, key] of fieldsOf(issue)) {
      if (key === undefined || structures.has(key)) return undefined
      const place = pointer('', ...path)
      refused.set(place, (refused.get(place) ?? new Set()).add(String(key)))
    }
  }
  return copy(draft, '')

  function copy(value: unknown, path: string): unknown {
    // Beyond the shape of a definition there is free JSON, which has no unknown keys.
    if (typeof value !== 'object' || value === null || path.split('/').length > 8) return value
    if (Array.isArray(value)) return value.map((item, index) => copy(item, pointer(path, index)))
    const keys = refused.get(path)
    const instead = [...(keys ?? [])].filter((key) => standIns.has(key))
    return Object.fromEntries([
      ...Object.entries(value)
        .filter(([key]) => !keys?.has(key))
        .map(([key, item]) => [key, copy(item, pointer(path, key))]),
      ...instead.map((key) => [key, standIns.get(key)]),
    ])
  }
}

/** The fields that an issue is about, each by the path of its object; of an entry of a list, the whole list. */
function fieldsOf(issue: Issue): [path: Path, key: PropertyKey | undefined][] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => [issue.path, key])
  const end = typeof issue.path.at(-1) === 'number' ? -2 : -1
  return [[issue.path.slice(0, end), issue.path.at(end)]]
}

function shapeProblem(issue: Issue, draft: unknown): DefinitionProblem {
  const path = pointer('', ...issue.path)
  const subject = subjectOf(issue.path)
  if (issue.code === 'invalid_type') {
    const missing = valueAt(draft, issue.path) === undefined
    return missing
      ? { code: 'missing_field', path, message: `${subject} is missing.` }
      : { code: 'wrong_type', path, message: `${subject} must be ${nameOf(issue.expected)}.` }
  }
  if (issue.code === 'invalid_value') {
    const missing = valueAt(draft, issue.path) === undefined
    const values = issue.values.map(String)
    const hint = `Write ${values.join(' or ')}.`
    return missing
      ? { code: 'missing_field', path, message: `${subject} is missing.`, hint }
      : { code: 'invalid_value', path, message: `${subject} is none of its values.`, hint }
  }
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    const bound =
      issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`
    const unit =
      { string: ' characters', array: ' entries' }[issue.origin as 'string' | 'array'] ?? ''
    return { code: 'out_of_bounds', path, message: `${subject} must have ${bound}${unit}.` }
  }
  const rule = issue.message.startsWith('must ') ? issue.message : 'is not valid'
  return { code: 'invalid_value', path, message: `${subject} ${rule}.` }
}

function nameOf(type: string): string {
  const names: Record<string, string> = { string: 'text', array: 'a list', record: 'an object' }
  return names[type] ?? (/^[aeio]/.test(type) ? `an ${type}` : `a ${type}`)
}

function subjectOf(path: Path): string {
  const last = path.at(-1)
  if (last === undefined) return 'A loop definition'
  return typeof last === 'number'
    ? `Entry ${last + 1} of ${String(path.at(-2))}`
    : `"${shorten(String(last))}"`
}

function shorten(key: string): string {
  return key.length > 64 ? `${key.slice(0, 64)}…` : key
}

function valueAt(draft: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined,
    draft,
  )
}

type Keys = () => readonly string[]

const keysOf =
  (schema: () => { readonly shape: object }, more: readonly string[] = []): Keys =>
  () => [...Object.keys(schema().shape), ...more]

/** By the path without its indices: what stands there, and the keys that it may have. */
const places = new Map<string, readonly [noun: string, keys: Keys]>([
  ['', ['a loop', keysOf(() => loopDefinitionSchema, Object.keys(spellings.loop))]],
  ['states', ['a state', keysOf(() => stateSchema, Object.keys(spellings.state))]],
  ['states/timeout', ['a timeout', keysOf(() => stateSchema.shape.timeout.unwrap())]],
  [
    'transitions',
    ['a transition', keysOf(() => transitionSchema, Object.keys(spellings.transition))],
  ],
  ['transitions/guards', ['a guard', keysOf(() => guardSpecSchema, Object.keys(spellings.guard))]],
  [
    'transitions/approval',
    ['an approval policy', keysOf(() => approvalPolicySchema, ['reviewers', 'quorum'])],
  ],
  [
    'transitions/approval/stages',
    ['an approval stage', keysOf(() => approvalPolicySchema.shape.stages.element)],
  ],
  [
    'transitions/approval/escalate',
    ['an escalation', keysOf(() => approvalPolicySchema.shape.escalate.unwrap().element)],
  ],
  ['transitions/effect', ['an effect', keysOf(() => effectSpecSchema)]],
  ['outcome', ['an outcome', keysOf(() => outcomeSchema)]],
  ['outcome/metrics', ['a metric', keysOf(() => outcomeSchema.shape.metrics.unwrap().element)]],
])

const placeOf = (path: Path): string => path.filter((key) => typeof key === 'string').join('/')
const nounOf = (path: Path): string => places.get(placeOf(path))?.[0] ?? 'this object'
const knownKeys = (path: Path): readonly string[] => places.get(placeOf(path))?.[1]() ?? []
