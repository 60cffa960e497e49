import type { JsonObject, LoopInstance } from '@loop-engine/core'

/** The digestible form of what would run; its SHA-256 is the action digest. */
export function actionOf(
  instance: LoopInstance,
  transitionId: string,
  evidenceDigest: string,
  effect: {
    readonly integration: string
    readonly action: string
    readonly inputDigest: string
  } | null,
): JsonObject {
  return {
    tenant: instance.tenant,
    runId: instance.runId,
    stateVersion: instance.stateVersion,
    definition: instance.definition.digest,
    transitionId,
    evidence: evidenceDigest,
    effect: effect && {
      integration: effect.integration,
      action: effect.action,
      inputDigest: effect.inputDigest,
    },
  }
}
