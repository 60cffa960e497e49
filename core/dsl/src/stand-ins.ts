import { actorTypes } from '@loop-engine/core'
import type { z } from 'zod'

import { pointer } from './problems.ts'

type Issue = z.core.$ZodIssue

/** What stands for a name that is missing. Nothing is said of it but that. */
export const noName = ''
/** What is named after its id, when that is none. */
export const unnamed = 'unnamed'

/** Names that other problems are told by. One that is spelt wrongly stays as it is written. */
const names = new Set<PropertyKey>([
  'id',
  'use',
  'from',
  'to',
  'signal',
  'initialState',
  'transition',
  'integration',
  'action',
])

const transition = { id: noName, from: noName, to: noName, actors: actorTypes }

/** What stands for other fields whose absence would say something else. */
const fields = new Map<PropertyKey, unknown>([
  ['actors', actorTypes],
  ['approval', { reviewers: ['*'] }],
  ['after', '1ms'],
  ['expiresIn', '3650d'],
  ['reviewers', ['*']],
  ['states', []],
  ['transitions', []],
  ['stages', [{ reviewers: ['*'] }]],
  // Whoever wrote something here meant to say that it ends, or what holds.
  ['terminal', true],
  ['when', 'true'],
])

/** What stands for an entry of a list whose entries have paths of their own. */
const entries = new Map<PropertyKey, unknown>([
  ['states', { id: noName }],
  ['transitions', transition],
  ['guards', { id: noName }],
  ['stages', { reviewers: ['*'] }],
  ['escalate', { after: '1ms', reviewers: ['*'] }],
  ['metrics', { id: noName }],
])

/** A copy of the draft in which whatever was refused is left out or has a stand-in, so that the rest can be checked. */
export function withStandIns(draft: unknown, issues: readonly Issue[]): unknown {
  /** The fields and entries that were refused, by the path of what they are in. */
  const refused = new Map<string, Set<PropertyKey>>()
  for (const path of issues.flatMap(refusedBy)) {
    const key = path.at(-1)
    if (key === undefined) return undefined
    const place = pointer('', ...path.slice(0, -1))
    refused.set(place, (refused.get(place) ?? new Set()).add(key))
  }
  return copy(draft, [])

  function copy(value: unknown, path: readonly PropertyKey[]): unknown {
    // Beyond the shape of a definition there is free JSON, in which nothing is refused.
    if (typeof value !== 'object' || value === null || path.length > 7) return value
    const keys = refused.get(pointer('', ...path))
    if (Array.isArray(value)) {
      const entry = entries.get(path.at(-1) ?? '')
      return value.map((item, index) => (keys?.has(index) ? entry : copy(item, [...path, index])))
    }
    return Object.fromEntries([
      ...Object.entries(value)
        .filter(([key]) => !keys?.has(key))
        .map(([key, item]) => [key, copy(item, [...path, key])]),
      ...[...(keys ?? [])]
        .filter((key) => names.has(key) || fields.has(key))
        .map((key) => [key, standInFor(key, Reflect.get(value, key))]),
    ])
  }
}

/** Whether nothing was refused but names that were left as they are. */
export function areNames(issues: readonly Issue[]): boolean {
  return issues.every(
    ({ code, path }) =>
      names.has(path.at(-1) ?? '') && (code === 'invalid_format' || code === 'too_small'),
  )
}

function standInFor(key: PropertyKey, value: unknown): unknown {
  // A word for false is text in YAML, and still none for true.
  if (key === 'terminal' && /^(no?|off|false)$/i.test(nameOr(value))) return false
  return fields.get(key) ?? nameOr(value)
}

function nameOr(value: unknown): string {
  return typeof value === 'string' && value.length <= 128 ? value : noName
}

/** The paths of what an issue is about: of an entry that is no object, the whole list. */
function refusedBy(issue: Issue): PropertyKey[][] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => [...issue.path, key])
  const isEntry = typeof issue.path.at(-1) === 'number'
  return [isEntry && !entries.has(issue.path.at(-2) ?? '') ? issue.path.slice(0, -1) : issue.path]
}
