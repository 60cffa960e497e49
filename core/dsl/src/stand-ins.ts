import { actorTypes } from '@loop-engine/core'
import type { z } from 'zod'

import { pointer } from './problems.ts'

type Issue = z.core.$ZodIssue

/** Stands for a missing name. Nothing else is reported about it. */
export const noName = ''
/** Stands for a name or a signal that would default to the id, when the id is wrong. */
export const unnamed = 'unnamed'

/** Fields that hold names, which messages quote. A name that was refused stays as it is written. */
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

/**
 * Stand-ins for fields that cannot be left out, because their absence would mean something or cause another problem.
 */
const fields = new Map<PropertyKey, unknown>([
  ['actors', actorTypes],
  ['approval', { reviewers: ['*'] }],
  ['after', '1ms'],
  ['expiresIn', '3650d'],
  ['reviewers', ['*']],
  ['states', []],
  ['transitions', []],
  ['stages', [{ reviewers: ['*'] }]],
  // Whoever wrote a value here meant a state that ends the run, or a condition.
  ['terminal', true],
  ['when', 'true'],
])

/** Stand-ins for refused entries of lists, so that the entries behind them keep their index. */
const entries = new Map<PropertyKey, unknown>([
  ['states', { id: noName }],
  ['transitions', transition],
  ['guards', { id: noName }],
  ['stages', { reviewers: ['*'] }],
  ['escalate', { after: '1ms', reviewers: ['*'] }],
  ['metrics', { id: noName }],
])

/**
 * Returns a copy of the draft without the refused fields and entries, or with stand-ins for them, so that the rest can
 * be checked; undefined when the draft as a whole was refused.
 */
export function withStandIns(draft: unknown, issues: readonly Issue[]): unknown {
  /** The refused keys and indices, by the path of the object or list that holds them. */
  const refused = new Map<string, Set<PropertyKey>>()
  for (const path of issues.flatMap(refusedBy)) {
    const key = path.at(-1)
    if (key === undefined) return undefined
    const place = pointer('', ...path.slice(0, -1))
    refused.set(place, (refused.get(place) ?? new Set()).add(key))
  }
  return copy(draft, [])

  function copy(value: unknown, path: readonly PropertyKey[]): unknown {
    // Deeper than any field of a definition there is only free JSON, in which nothing is refused.
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

/** Whether the issues are only about names, which stay as they are written. */
export function areNames(issues: readonly Issue[]): boolean {
  return issues.every(
    ({ code, path }) =>
      names.has(path.at(-1) ?? '') && (code === 'invalid_format' || code === 'too_small'),
  )
}

function standInFor(key: PropertyKey, value: unknown): unknown {
  // YAML reads words such as `no` and `off` as text, but whoever wrote one did not mean true.
  if (key === 'terminal' && /^(no?|off|false)$/i.test(nameOr(value))) return false
  return fields.get(key) ?? nameOr(value)
}

function nameOr(value: unknown): string {
  return typeof value === 'string' && value.length <= 128 ? value : noName
}

/** The paths that an issue refuses. A refused entry of a list without a stand-in refuses the whole list. */
function refusedBy(issue: Issue): PropertyKey[][] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => [...issue.path, key])
  const isEntry = typeof issue.path.at(-1) === 'number'
  return [isEntry && !entries.has(issue.path.at(-2) ?? '') ? issue.path.slice(0, -1) : issue.path]
}
