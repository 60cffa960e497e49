import type { z } from 'zod'

import { isRecord } from '../json/is-record.ts'
import { assuranceMethods } from './assurance.ts'
import {
  actorTypes,
  allowances,
  effectSemantics,
  evaluators,
  isId,
  isReviewer,
  loopDefinitionSchema,
  risks,
  severities,
  type LoopDefinition,
} from './definition.ts'
import { isDuration } from './duration.ts'

/** Returns the value as read, or `wrong`; then the schema tells what is the matter. */
type Read = (value: unknown) => unknown

const wrong = Symbol('wrong')

/**
 * Answers as `loopDefinitionSchema.safeParse` does. A valid definition is read by hand, so that a program whose loops are
 * valid never loads zod. The schema stays the one definition, and a test checks that the two agree.
 */
export function readDefinition(input: unknown): z.ZodSafeParseResult<LoopDefinition> {
  const data = readLoop(input)
  if (data === wrong) return loopDefinitionSchema.safeParse(input)
  return { success: true, data: data as LoopDefinition }
}

const id: Read = (value) => (isId(value) ? value : wrong)
const ids = list(id)
const label = text(0, 4096)
const expression = text(1, 4096)
const reviewers = list((value) => (isReviewer(value) ? value : wrong), 1)
const flag: Read = (value) => (typeof value === 'boolean' ? value : wrong)
const duration: Read = (value) => (typeof value === 'string' && isDuration(value) ? value : wrong)
const json: Read = (value) => (isRecord(value) ? value : wrong)

const readState = record(['id'], {
  id,
  label,
  terminal: flag,
  error: flag,
  timeout: record(['after', 'transition'], { after: duration, transition: id }),
})

const readGuard = record(['id', 'severity', 'evaluatedBy'], {
  id,
  use: id,
  with: json,
  when: expression,
  severity: oneOf(severities),
  evaluatedBy: oneOf(evaluators),
  message: label,
})

const readStage = record(['reviewers', 'quorum'], { name: label, reviewers, quorum: whole(1, 100) })

const readApproval = record(['stages', 'fourEyes', 'expiresIn'], {
  when: expression,
  stages: list(readStage, 1, 16),
  fourEyes: flag,
  expiresIn: duration,
  onExpiry: id,
  onReject: id,
  remindEvery: duration,
  escalate: list(
    record(['after', 'reviewers'], { after: duration, reviewers, channels: ids }),
    0,
    16,
  ),
  channels: ids,
  allow: list(oneOf(allowances)),
  assurance: oneOf(assuranceMethods),
})

const readEffect = record(['integration', 'action', 'semantics'], {
  integration: id,
  action: id,
  input: dictionary(expression),
  semantics: oneOf(effectSemantics),
  onSuccess: id,
  onFailure: id,
  maxAttempts: whole(1, 100),
  timeout: duration,
})

const readTransition = record(['id', 'from', 'to', 'signal', 'actors', 'guards'], {
  id,
  from: id,
  to: id,
  signal: id,
  description: label,
  actors: list(oneOf(actorTypes), 1),
  roles: list(id, 1),
  guards: list(readGuard),
  evidence: json,
  approval: readApproval,
  effect: readEffect,
  risk: oneOf(risks),
})

const readOutcome = record(['id'], {
  id,
  description: label,
  valueUnit: label,
  measurable: flag,
  metrics: list(record(['id'], { id, unit: label, description: label })),
})

const readLoop = record(['id', 'version', 'name', 'states', 'initialState', 'transitions'], {
  id,
  version: text(1, 64),
  name: label,
  description: label,
  domain: label,
  states: list(readState, 1, 1000),
  initialState: id,
  transitions: list(readTransition, 0, 10_000),
  outcome: readOutcome,
  spawns: ids,
  tags: list(text(1, 128)),
  maxTransitions: whole(1, Number.MAX_SAFE_INTEGER),
})

/** Copies the fields in the order of the table, which is that of the schema. */
function record(required: readonly string[], fields: Readonly<Record<string, Read>>): Read {
  const known = new Map(Object.entries(fields))
  return (value) => {
    if (!isPlain(value)) return wrong
    for (const key of Object.keys(value)) if (!known.has(key)) return wrong
    const copy: Record<string, unknown> = {}
    for (const [key, read] of known) {
      if (!Object.hasOwn(value, key)) continue
      const own = read(value[key])
      if (own === wrong) return wrong
      copy[key] = own
    }
    return required.every((key) => Object.hasOwn(copy, key)) ? copy : wrong
  }
}

function dictionary(item: Read): Read {
  return (value) => {
    if (!isPlain(value)) return wrong
    const copy: Record<string, unknown> = {}
    for (const key of Reflect.ownKeys(value)) {
      if (typeof key !== 'string' || key === '__proto__') return wrong
      const own = item(value[key])
      if (own === wrong) return wrong
      copy[key] = own
    }
    return copy
  }
}

function list(item: Read, min = 0, max = Infinity): Read {
  return (value) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) return wrong
    const copy: unknown[] = []
    for (let index = 0; index < value.length; index++) {
      const own = item(value[index])
      if (own === wrong) return wrong
      copy.push(own)
    }
    return copy
  }
}

function text(min: number, max: number): Read {
  return (value) =>
    typeof value === 'string' && value.length >= min && value.length <= max ? value : wrong
}

function whole(min: number, max: number): Read {
  return (value) =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
      ? value
      : wrong
}

function oneOf(values: readonly string[]): Read {
  return (value) => (values.includes(value as string) ? value : wrong)
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
