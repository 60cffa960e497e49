import {
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

/** Turns the issues that the canonical schema found into problems, in words that fit a definition. */
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

function shapeProblem(issue: Issue, draft: unknown): DefinitionProblem {
  const path = pointer('', ...issue.path)
  const subject = subjectOf(issue.path)
  if (issue.code === 'invalid_type') {
    const missing = valueAt(draft, issue.path) === undefined
    const rule = ruleOf(issue) ?? `must be ${nameOf(issue.expected)}`
    if (missing) return { code: 'missing_field', path, message: `${subject} is missing.` }
    const hint = issue.expected === 'boolean' ? 'Write true or false.' : undefined
    return { code: 'wrong_type', path, message: `${subject} ${rule}.`, ...(hint && { hint }) }
  }
  if (issue.code === 'invalid_value') {
    const missing = valueAt(draft, issue.path) === undefined
    const values = issue.values.map(String)
    const hint = `Write ${values.join(' or ')}.`
    return missing
      ? { code: 'missing_field', path, message: `${subject} is missing.`, hint }
      : { code: 'invalid_value', path, message: `${subject} has an unknown value.`, hint }
  }
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    const bound =
      issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`
    const unit = { string: 'characters', array: 'entries' }[issue.origin as 'string' | 'array']
    const rule = unit ? `must have ${bound} ${unit}` : `must be ${bound}`
    return { code: 'out_of_bounds', path, message: `${subject} ${rule}.` }
  }
  return { code: 'invalid_value', path, message: `${subject} ${ruleOf(issue) ?? 'is not valid'}.` }
}

/** The message of an issue if one of our schemas wrote it; messages of zod say less than the words of this file. */
function ruleOf({ message }: Issue): string | undefined {
  return message.startsWith('must ') ? message : undefined
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

/** For each path, without its indices: the noun for the object there, and the keys that it may have. */
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
