import {
  canonicalize,
  isId,
  isLoopError,
  isRecord,
  readDefinition,
  snapshot,
  type DefinitionProblem,
  type LoopDefinition,
} from '@loop-engine/core'

import { pointer } from './problems.ts'
import { shapeProblems } from './shape-problems.ts'
import { spellings } from './spellings.ts'
import { areNames, unnamed, withStandIns } from './stand-ins.ts'

/**
 * A canonical definition, or null when none could be read, and the problems of the input. With a problem the definition
 * may hold stand-ins for fields that could not be read: it serves further checks and must not run.
 */
export interface Normalised {
  readonly definition: LoopDefinition | null
  readonly problems: readonly DefinitionProblem[]
}

type Fields = Record<string, unknown>
type Report = (problem: DefinitionProblem) => void
type Reader = (value: unknown, path: string, report: Report) => unknown

/** Turns any accepted spelling into the canonical, deeply frozen form, and reports every field of a wrong shape. */
export function normalise(input: unknown): Normalised {
  const problems: DefinitionProblem[] = []
  const draft = readLoop(input, '', (problem) => problems.push(problem))
  const parsed = readDefinition(draft)
  if (parsed.success) return freeze(parsed.data, problems)

  problems.push(...shapeProblems(parsed.error.issues, draft))
  // Stand-ins take the place of refused fields, so that the rest can be checked.
  const rest = readLoop(withStandIns(draft, parsed.error.issues), '', () => {})
  const { error } = readDefinition(rest)
  return error === undefined || areNames(error.issues)
    ? freeze(rest as LoopDefinition, problems)
    : { definition: null, problems }
}

function freeze(data: LoopDefinition, problems: DefinitionProblem[]): Normalised {
  try {
    return { definition: snapshot(data), problems }
  } catch (error) {
    if (!isLoopError(error)) throw error
    const { path = '', message, hint } = error
    return { definition: data, problems: [...problems, { code: 'not_json', path, message, hint }] }
  }
}

const readLoop: Reader = (value, path, report) => {
  const loop = fields(value, path, spellings.loop, report)
  if (!loop) return value
  // `$schema` is for editors and is not part of the definition.
  const { $schema: _, version = '1', name = nameFor(loop.id), ...rest } = loop
  return {
    ...rest,
    version: typeof version === 'number' ? String(version) : version,
    name,
    states: each(loop.states, pointer(path, 'states'), report, readState),
    transitions: each(loop.transitions, pointer(path, 'transitions'), report, readTransition),
  }
}

const readState: Reader = (value, path, report) => {
  if (typeof value === 'string') return { id: value }
  const state = fields(value, path, spellings.state, report)
  if (!state) return value
  return withoutUndefined({ ...state, timeout: fields(state.timeout) ?? state.timeout })
}

const readTransition: Reader = (value, path, report) => {
  const transition = fields(value, path, spellings.transition, report)
  if (!transition) return value
  const { guards = [], signal = nameFor(transition.id) } = transition
  return withoutUndefined({
    ...transition,
    signal,
    guards: each(
      typeof guards === 'string' ? [guards] : guards,
      pointer(path, 'guards'),
      report,
      readGuard,
    ),
    approval: readApproval(transition.approval, pointer(path, 'approval'), report),
    effect: readEffect(transition.effect, pointer(path, 'effect'), report),
  })
}

const readGuard: Reader = (value, path, report) => {
  const defaults = { severity: 'hard', evaluatedBy: 'runtime' }
  if (typeof value === 'string') return { id: value, ...defaults }
  const guard = fields(value, path, spellings.guard, report)
  return guard ? { ...defaults, ...guard } : value
}

const readApproval: Reader = (value, path, report) => {
  if (value === false) return undefined
  const policy = value === true ? { reviewers: ['*'] } : fields(value)
  if (!policy) return value
  const { reviewers, quorum, ...rest } = policy
  if ('stages' in rest && (reviewers !== undefined || quorum !== undefined)) {
    report({
      code: 'conflicting_spelling',
      path: pointer(path, 'stages'),
      message:
        '"reviewers" and "quorum" are short for one stage, so they cannot stand beside "stages".',
      hint: 'Keep "stages", or "reviewers" and "quorum".',
    })
  }
  const stages = rest.stages ?? [withoutUndefined({ reviewers, quorum })]
  return withoutUndefined({
    fourEyes: true,
    expiresIn: '24h',
    ...rest,
    stages: each(stages, pointer(path, 'stages'), report, readStage),
    escalate: each(rest.escalate, pointer(path, 'escalate'), report, readEscalation),
  })
}

const readStage: Reader = (value) => {
  const stage = fields(value)
  return stage ? withoutUndefined({ quorum: 1, ...stage, reviewers: list(stage.reviewers) }) : value
}

const readEscalation: Reader = (value) => {
  const rung = fields(value)
  return rung ? withoutUndefined({ ...rung, reviewers: list(rung.reviewers) }) : value
}

const readEffect: Reader = (value) => {
  const effect = fields(value)
  return effect ? { semantics: 'idempotent', ...effect } : value
}

/**
 * The default for a field that takes its value from the id. A wrong id is reported once, and not for this field too.
 */
function nameFor(id: unknown): unknown {
  return isId(id) ? id : unnamed
}

function list(value: unknown): unknown {
  return typeof value === 'string' ? [value] : value
}

function each(value: unknown, path: string, report: Report, read: Reader): unknown {
  if (!Array.isArray(value)) return value
  return value.map((item: unknown, index) => read(item, pointer(path, index), report))
}

function withoutUndefined(record: Fields): Fields {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
}

/**
 * The fields of an object under their canonical names, without undefined ones; null for a value that is not an object.
 */
function fields(
  value: unknown,
  path = '',
  names: Readonly<Record<string, string>> = {},
  report: Report = () => {},
): Fields | null {
  if (!isRecord(value)) return null
  const result = new Map<string, unknown>()
  const given = new Map<string, string>()
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue
    const name = Object.hasOwn(names, key) ? (names[key] ?? key) : key
    const before = given.get(name)
    if (before === undefined) result.set(name, item)
    else if (!same(result.get(name), item)) {
      report({
        code: 'conflicting_spelling',
        path: pointer(path, key),
        message: `"${before}" and "${key}" are two names of one field, and their values differ.`,
        hint: `Keep "${name}".`,
      })
    }
    given.set(name, key)
  }
  return Object.fromEntries(result)
}

function same(one: unknown, other: unknown): boolean {
  try {
    return canonicalize(one) === canonicalize(other)
  } catch {
    return false
  }
}
