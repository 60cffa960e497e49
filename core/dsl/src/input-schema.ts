import {
  approvalPolicySchema,
  effectSpecSchema,
  guardSpecSchema,
  loopDefinitionSchema,
  stateSchema,
  transitionSchema,
} from '@loop-engine/core'
import type { z } from 'zod'

import { loadZod } from './load.ts'

// The input form of a loop: the canonical form, the spellings of `spellings.ts` and the shorthands of `normalise.ts`. A
// field that has a default or another name is optional. The types and the published JSON Schema come from here; at run
// time it is the canonical schema that judges.

/** Every form in which a loop may be written. Built on demand, because most programs need its type alone. */
export function createInputSchema(): Schemas['loop'] {
  return createSchemas().loop
}

function createSchemas() {
  const zod = loadZod()
  const id = stateSchema.shape.id
  const guardShape = guardSpecSchema.shape
  const policyShape = approvalPolicySchema.shape
  const several = policyShape.stages.element.shape.reviewers
  const reviewers = zod.union([several.element, several])

  const state = zod.strictObject({
    ...stateSchema.partial({ id: true }).shape,
    stateId: id.optional(),
    isTerminal: zod.boolean().optional(),
    isError: zod.boolean().optional(),
  })

  const guard = zod.strictObject({
    ...guardSpecSchema.partial({ id: true, severity: true, evaluatedBy: true }).shape,
    guardId: id.optional(),
    parameters: guardShape.with,
    failureMessage: guardShape.message,
  })

  const stage = policyShape.stages.element
  const escalation = policyShape.escalate.unwrap().element
  const approval = zod.strictObject({
    ...approvalPolicySchema.partial({ fourEyes: true, expiresIn: true }).shape,
    stages: zod
      .array(zod.strictObject({ ...stage.partial({ quorum: true }).shape, reviewers }))
      .min(1)
      .max(16)
      .optional(),
    reviewers: reviewers.optional(),
    quorum: stage.shape.quorum.optional(),
    escalate: zod
      .array(zod.strictObject({ ...escalation.shape, reviewers }))
      .max(16)
      .optional(),
  })

  const transition = zod.strictObject({
    ...transitionSchema.partial({ id: true, signal: true, actors: true }).shape,
    transitionId: id.optional(),
    allowedActors: transitionSchema.shape.actors.optional(),
    guards: zod.union([id, zod.array(zod.union([id, guard]))]).optional(),
    approval: zod.union([zod.boolean(), approval]).optional(),
    effect: effectSpecSchema.partial({ semantics: true }).optional(),
  })

  const loop = zod.strictObject({
    ...loopDefinitionSchema.partial({ id: true, version: true, name: true, initialState: true })
      .shape,
    $schema: zod.string().optional(),
    loopId: id.optional(),
    version: zod.union([loopDefinitionSchema.shape.version, zod.number()]).optional(),
    initial: id.optional(),
    states: zod.array(zod.union([id, state])).min(1),
    transitions: zod.array(transition),
    spawnableLoops: loopDefinitionSchema.shape.spawns,
  })

  return { state, transition, loop }
}

type Input<Name extends keyof Schemas> = DeepReadonly<z.input<Schemas[Name]>>
type Schemas = ReturnType<typeof createSchemas>

export type StateInput = Input<'state'>
export type TransitionInput = Input<'transition'>
/** A loop in any accepted spelling; a `LoopDefinition` is one too. */
export type LoopInput = Input<'loop'>

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T
