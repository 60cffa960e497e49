import {
  approvalPolicySchema,
  effectSpecSchema,
  guardSpecSchema,
  loopDefinitionSchema,
  stateSchema,
  transitionSchema,
} from '@loop-engine/core'
import { z } from 'zod'

// What may be written: the canonical form, the spellings of `spellings.ts` and the shorthands of
// `normalise.ts`, with everything optional that has a default or another name. Types and the
// published JSON Schema come from here; the canonical schema judges.

const id = stateSchema.shape.id
const reviewer = z.string().min(1).max(256)
const reviewers = z.union([reviewer, z.array(reviewer).min(1)])
const guardShape = guardSpecSchema.shape
const policyShape = approvalPolicySchema.shape

const stateInputSchema = z.strictObject({
  ...stateSchema.partial({ id: true }).shape,
  stateId: id.optional(),
  isTerminal: z.boolean().optional(),
  isError: z.boolean().optional(),
})
export type StateInput = DeepReadonly<z.input<typeof stateInputSchema>>

const guardInputSchema = z.strictObject({
  ...guardSpecSchema.partial({ id: true, severity: true, evaluatedBy: true }).shape,
  guardId: id.optional(),
  parameters: guardShape.with,
  failureMessage: guardShape.message,
})

const stage = policyShape.stages.element
const escalation = policyShape.escalate.unwrap().element
const approvalInputSchema = z.strictObject({
  ...approvalPolicySchema.partial({ fourEyes: true, expiresIn: true }).shape,
  stages: z
    .array(z.strictObject({ ...stage.partial({ quorum: true }).shape, reviewers }))
    .min(1)
    .max(16)
    .optional(),
  reviewers: reviewers.optional(),
  quorum: stage.shape.quorum.optional(),
  escalate: z
    .array(z.strictObject({ ...escalation.shape, reviewers }))
    .max(16)
    .optional(),
})

const guardOrId = z.union([id, guardInputSchema])
const transitionInputSchema = z.strictObject({
  ...transitionSchema.partial({ id: true, signal: true, actors: true }).shape,
  transitionId: id.optional(),
  allowedActors: transitionSchema.shape.actors.optional(),
  guards: z.union([id, z.array(guardOrId)]).optional(),
  approval: z.union([z.boolean(), approvalInputSchema]).optional(),
  effect: effectSpecSchema.partial({ semantics: true }).optional(),
})
export type TransitionInput = DeepReadonly<z.input<typeof transitionInputSchema>>

/** Everything that a loop may be written as. */
export const loopInputSchema = z.strictObject({
  ...loopDefinitionSchema.partial({ id: true, version: true, name: true, initialState: true })
    .shape,
  $schema: z.string().optional(),
  loopId: id.optional(),
  version: z.union([loopDefinitionSchema.shape.version, z.number()]).optional(),
  initial: id.optional(),
  states: z.array(z.union([id, stateInputSchema])).min(1),
  transitions: z.array(transitionInputSchema),
  spawnableLoops: loopDefinitionSchema.shape.spawns,
})
/** A loop in any accepted spelling; `LoopDefinition` itself is one. */
export type LoopInput = DeepReadonly<z.input<typeof loopInputSchema>>

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T
