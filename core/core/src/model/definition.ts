import type { z } from 'zod'

import { isRecord } from '../json/is-record.ts'
import type { JsonObject } from '../json/json.ts'
import { lazySchema, withZod } from '../lazy-schema.ts'
import { assuranceMethods } from './assurance.ts'
import { isDuration } from './duration.ts'

export const actorTypes = ['human', 'automation', 'ai-agent', 'system'] as const
export type ActorType = (typeof actorTypes)[number]

export const severities = ['hard', 'soft'] as const
export const evaluators = ['runtime', 'module', 'external'] as const
/** What reviewers may do besides approving and rejecting. */
export const allowances = ['edit', 'delegate', 'respond'] as const
export const effectSemantics = ['idempotent', 'at-most-once'] as const
/** Lowest first. */
export const risks = ['low', 'medium', 'high', 'critical'] as const

const idPattern = /^[A-Za-z0-9$_][A-Za-z0-9$_.:\-/]*$/

/** Whether a loop, a state, a transition or anything else that a definition names may have this id. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 128 && idPattern.test(value)
}

/** A name that is not empty, with or without `user:`, `role:` or `group:` before it. */
const reviewerPattern = /^(?!((user|role|group):)?(\s|$))/

/** Whether a policy or a delegation may name a reviewer like this. */
export function isReviewer(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 256 && reviewerPattern.test(value)
}

const schemas = /* @__PURE__ */ withZod((zod) => {
  const id = zod.string().min(1).max(128).regex(idPattern, 'must be letters, digits or . _ - : / $')
  const text = zod.string().max(4096)
  const expression = zod.string().min(1).max(4096)
  const durationRule = 'must be a duration such as 30s, 5m, 2h or 7d'
  const duration = zod.string(durationRule).refine(isDuration, durationRule)
  const jsonObject = zod.custom<JsonObject>(isRecord, 'must be an object')

  const state = zod.strictObject({
    id,
    label: text.optional(),
    terminal: zod.boolean().optional(),
    error: zod.boolean().optional(),
    /** After this long in the state the system takes `transition`. */
    timeout: zod.strictObject({ after: duration, transition: id }).optional(),
  })

  const guard = zod.strictObject({
    id,
    /** The registered guard that judges; the id by default. */
    use: id.optional(),
    with: jsonObject.optional(),
    /** A CEL expression that must be true, instead of a registered guard. */
    when: expression.optional(),
    severity: zod.enum(severities),
    evaluatedBy: zod.enum(evaluators),
    message: text.optional(),
  })

  /** `alice` or `user:alice` (a person), `role:finance`, `group:oncall`, or `*` (any human). */
  const reviewer = zod
    .string(
      'must be text such as alice, role:finance or group:oncall; YAML reads "role: x" as an object',
    )
    .max(256)
    .regex(reviewerPattern, 'must name somebody, such as alice or role:finance')

  const stage = zod.strictObject({
    name: text.optional(),
    reviewers: zod.array(reviewer).min(1),
    quorum: zod.int().min(1).max(100),
  })

  const approval = zod.strictObject({
    /** A CEL expression; without it every attempt needs approval. */
    when: expression.optional(),
    /** In order; each stage needs its own quorum of distinct people. */
    stages: zod.array(stage).min(1).max(16),
    fourEyes: zod.boolean(),
    expiresIn: duration,
    /** Transitions that the system takes when the request expires or is rejected. */
    onExpiry: id.optional(),
    onReject: id.optional(),
    remindEvery: duration.optional(),
    escalate: zod
      .array(
        zod.strictObject({
          after: duration,
          reviewers: zod.array(reviewer).min(1),
          channels: zod.array(id).optional(),
        }),
      )
      .max(16)
      .optional(),
    channels: zod.array(id).optional(),
    allow: zod.array(zod.enum(allowances)).optional(),
    /** How well a person must have been authenticated to approve, edit or delegate; anybody entitled may reject. */
    assurance: zod.enum(assuranceMethods).optional(),
  })

  const effect = zod.strictObject({
    integration: id,
    action: id,
    /** CEL expressions by field; the evidence itself when absent. */
    input: zod.record(zod.string(), expression).optional(),
    semantics: zod.enum(effectSemantics),
    onSuccess: id.optional(),
    onFailure: id.optional(),
    /** Attempts before an idempotent effect fails for good; those of the system when it does not say. */
    maxAttempts: zod.int().min(1).max(100).optional(),
    timeout: duration.optional(),
  })

  const transition = zod.strictObject({
    id,
    from: id,
    to: id,
    /** What a loop receives to take this transition. */
    signal: id,
    description: text.optional(),
    actors: zod.array(zod.enum(actorTypes)).min(1),
    roles: zod.array(id).min(1).optional(),
    guards: zod.array(guard),
    /** A JSON Schema that the attached evidence must satisfy. */
    evidence: jsonObject.optional(),
    approval: approval.optional(),
    effect: effect.optional(),
    risk: zod.enum(risks).optional(),
  })

  const outcome = zod.strictObject({
    id,
    description: text.optional(),
    valueUnit: text.optional(),
    measurable: zod.boolean().optional(),
    metrics: zod
      .array(zod.strictObject({ id, unit: text.optional(), description: text.optional() }))
      .optional(),
  })

  const loop = zod.strictObject({
    id,
    version: zod.string().min(1).max(64),
    name: text,
    description: text.optional(),
    domain: text.optional(),
    states: zod.array(state).min(1).max(1000),
    initialState: id,
    transitions: zod.array(transition).max(10_000),
    outcome: outcome.optional(),
    /** Loops that the application starts from this one; only for readers of the definition. */
    spawns: zod.array(id).optional(),
    tags: zod.array(zod.string().min(1).max(128)).optional(),
    /** Transitions that one run may execute; a loop that never ends is stopped here. */
    maxTransitions: zod.int().min(1).optional(),
  })

  return { state, guard, approval, effect, transition, outcome, loop }
})

export const stateSchema = /* @__PURE__ */ lazySchema(() => schemas().state)
export type State = Readonly<z.infer<typeof stateSchema>>

export const guardSpecSchema = /* @__PURE__ */ lazySchema(() => schemas().guard)
export type GuardSpec = Readonly<z.infer<typeof guardSpecSchema>>

export const approvalPolicySchema = /* @__PURE__ */ lazySchema(() => schemas().approval)
export type ApprovalPolicy = Readonly<z.infer<typeof approvalPolicySchema>>
export type ApprovalStage = Readonly<ApprovalPolicy['stages'][number]>

export const effectSpecSchema = /* @__PURE__ */ lazySchema(() => schemas().effect)
export type EffectSpec = Readonly<z.infer<typeof effectSpecSchema>>

export const transitionSchema = /* @__PURE__ */ lazySchema(() => schemas().transition)
export type Transition = Readonly<z.infer<typeof transitionSchema>>

export const outcomeSchema = /* @__PURE__ */ lazySchema(() => schemas().outcome)
export type Outcome = Readonly<z.infer<typeof outcomeSchema>>

/** The canonical form of a loop; `@loop-engine/dsl` turns every accepted spelling into it. */
export const loopDefinitionSchema = /* @__PURE__ */ lazySchema(() => schemas().loop)
export type LoopDefinition = Readonly<z.infer<typeof loopDefinitionSchema>>

/** A problem of a definition: a stable code, where, and what to do. */
export interface DefinitionProblem {
  readonly code: string
  /** JSON Pointer (RFC 6901) into the definition. */
  readonly path: string
  readonly message: string
  readonly hint?: string
  /** From 1, like `column`; of text that was parsed. */
  readonly line?: number
  readonly column?: number
}
