import { z } from 'zod'

import { parseDuration } from './duration.ts'
import type { JsonObject } from './json.ts'

export const actorTypes = ['human', 'automation', 'ai-agent', 'system'] as const
export type ActorType = (typeof actorTypes)[number]

const id = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9$_][A-Za-z0-9$_.:\-/]*$/, 'must be letters, digits or . _ - : / $')
const text = z.string().max(4096)
const expression = z.string().min(1).max(4096)
const duration = z.string().refine(isDuration, 'must be a duration such as 30s, 5m, 2h or 7d')
const jsonObject = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be an object',
)

function isDuration(value: string): boolean {
  try {
    return parseDuration(value) > 0
  } catch {
    return false
  }
}

export const stateSchema = z.strictObject({
  id,
  label: text.optional(),
  terminal: z.boolean().optional(),
  error: z.boolean().optional(),
  /** After this long in the state the system takes `transition`. */
  timeout: z.strictObject({ after: duration, transition: id }).optional(),
})
export type State = Readonly<z.infer<typeof stateSchema>>

export const guardSpecSchema = z.strictObject({
  id,
  /** The registered guard that judges; the id by default. */
  use: id.optional(),
  with: jsonObject.optional(),
  /** A CEL expression that must be true, instead of a registered guard. */
  when: expression.optional(),
  severity: z.enum(['hard', 'soft']),
  evaluatedBy: z.enum(['runtime', 'module', 'external']),
  message: text.optional(),
})
export type GuardSpec = Readonly<z.infer<typeof guardSpecSchema>>

/** `alice` or `user:alice` (a person), `role:finance`, `group:oncall`, or `*` (any human). */
const reviewerSchema = z.string().min(1).max(256)

const stageSchema = z.strictObject({
  name: text.optional(),
  reviewers: z.array(reviewerSchema).min(1),
  quorum: z.int().min(1).max(100),
})
export type ApprovalStage = Readonly<z.infer<typeof stageSchema>>

export const approvalPolicySchema = z.strictObject({
  /** A CEL expression; without it every attempt needs approval. */
  when: expression.optional(),
  /** In order; each stage needs its own quorum of distinct people. */
  stages: z.array(stageSchema).min(1).max(16),
  fourEyes: z.boolean(),
  expiresIn: duration,
  /** Transitions that the system takes when the request expires or is rejected. */
  onExpiry: id.optional(),
  onReject: id.optional(),
  remindEvery: duration.optional(),
  escalate: z
    .array(
      z.strictObject({
        after: duration,
        reviewers: z.array(reviewerSchema).min(1),
        channels: z.array(id).optional(),
      }),
    )
    .max(16)
    .optional(),
  channels: z.array(id).optional(),
  allow: z.array(z.enum(['edit', 'delegate', 'respond'])).optional(),
})
export type ApprovalPolicy = Readonly<z.infer<typeof approvalPolicySchema>>

export const effectSpecSchema = z.strictObject({
  integration: id,
  action: id,
  /** CEL expressions by field; the evidence itself when absent. */
  input: z.record(z.string(), expression).optional(),
  semantics: z.enum(['idempotent', 'at-most-once']),
  onSuccess: id.optional(),
  onFailure: id.optional(),
  /** Deliveries before an idempotent effect becomes a dead letter. */
  maxAttempts: z.int().min(1).max(100).optional(),
  timeout: duration.optional(),
})
export type EffectSpec = Readonly<z.infer<typeof effectSpecSchema>>

export const transitionSchema = z.strictObject({
  id,
  from: id,
  to: id,
  /** What a loop receives to take this transition. */
  signal: id,
  description: text.optional(),
  actors: z.array(z.enum(actorTypes)).min(1),
  roles: z.array(id).optional(),
  guards: z.array(guardSpecSchema),
  /** A JSON Schema that the attached evidence must satisfy. */
  evidence: jsonObject.optional(),
  approval: approvalPolicySchema.optional(),
  effect: effectSpecSchema.optional(),
  risk: z.enum(['low', 'medium', 'high', 'critical']).optional(),
})
export type Transition = Readonly<z.infer<typeof transitionSchema>>

export const outcomeSchema = z.strictObject({
  id,
  description: text.optional(),
  valueUnit: text.optional(),
  measurable: z.boolean().optional(),
  metrics: z
    .array(z.strictObject({ id, unit: text.optional(), description: text.optional() }))
    .optional(),
})
export type Outcome = Readonly<z.infer<typeof outcomeSchema>>

/** The canonical form of a loop; `@loop-engine/dsl` turns every accepted spelling into it. */
export const loopDefinitionSchema = z.strictObject({
  id,
  version: z.string().min(1).max(64),
  name: text,
  description: text.optional(),
  domain: text.optional(),
  states: z.array(stateSchema).min(1).max(1000),
  initialState: id,
  transitions: z.array(transitionSchema).max(10_000),
  outcome: outcomeSchema.optional(),
  /** Loops that instances of this one may start. */
  spawns: z.array(id).optional(),
  tags: z.array(z.string().min(1).max(128)).optional(),
  /** Transitions that one run may execute; a loop that never ends is stopped here. */
  maxTransitions: z.int().min(1).optional(),
})
export type LoopDefinition = Readonly<z.infer<typeof loopDefinitionSchema>>

/** A problem of a definition: a stable code, where, and what to do. */
export interface DefinitionProblem {
  readonly code: string
  readonly path: string
  readonly message: string
  readonly hint?: string
  readonly line?: number
  readonly column?: number
}
