import {
  canonicalize,
  sha256Hex,
  type Guard,
  type GuardResult,
  type GuardSpec,
  type JsonObject,
} from '@loop-engine/core'

import { createExpressionGuard } from '../expressions/expression-guard.ts'
import type { Expressions } from '../expressions/expressions.ts'
import type { GuardRegistry } from '../registry.ts'

/** A fact that has to be read from the store before a guard is asked. */
export type GuardNeed = NonNullable<Guard['needs']>[number]

/** Everything about a guard that does not depend on the attempt. */
export interface PreparedGuard {
  /** Absent when the registry does not know it. */
  readonly guard: Guard | undefined
  readonly needs: readonly GuardNeed[]
  readonly parameters: JsonObject
  /** The transition that `parameters.transition` names. */
  readonly asksAbout: string | undefined
  /** The definition's own sentence for a failure. */
  readonly message: string | undefined
  /** The fields that all its results share. */
  readonly recorded: Pick<GuardResult, 'id' | 'use' | 'severity' | 'parameters'>
}

const noParameters: JsonObject = Object.freeze({})
const noNeeds: readonly GuardNeed[] = Object.freeze([])
const recordedBytes = 1024

export function prepareGuard(
  spec: GuardSpec,
  registry: GuardRegistry,
  expressions: Expressions,
): PreparedGuard {
  const { id, severity, message, when } = spec
  const parameters = spec.with ?? noParameters
  const guard =
    when === undefined ? registry.get(spec.use ?? id) : createExpressionGuard(when, expressions)
  const asksAbout = parameters['transition']
  return {
    guard,
    needs: guard?.needs ?? noNeeds,
    parameters,
    asksAbout: typeof asksAbout === 'string' ? asksAbout : undefined,
    message,
    recorded: {
      id,
      use: guard?.id ?? spec.use ?? id,
      severity,
      ...(spec.with && { parameters: recordable(spec.with) }),
    },
  }
}

// Every attempt records the parameters, so large ones, such as a schema, are recorded by their digest; the definition that
// the record names has them in full.
function recordable(parameters: JsonObject): JsonObject {
  const text = canonicalize(parameters)
  return text.length <= recordedBytes ? parameters : { digest: sha256Hex(text) }
}
