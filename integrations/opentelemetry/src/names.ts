/**
 * Every attribute name that leaves this package. The `gen_ai` names follow OpenTelemetry's semantic conventions for
 * generative AI, which are still in development: when they change, this file changes.
 */
export const names = {
  tenant: 'loop_engine.tenant',
  loopId: 'loop_engine.loop.id',
  aggregateId: 'loop_engine.aggregate.id',
  runId: 'loop_engine.run.id',
  entrySeq: 'loop_engine.entry.seq',
  transitionId: 'loop_engine.transition.id',
  outcome: 'loop_engine.outcome',
  reason: 'loop_engine.reason',
  replayed: 'loop_engine.replayed',
  actorType: 'loop_engine.actor.type',
  fromState: 'loop_engine.state.from',
  toState: 'loop_engine.state.to',
  guardId: 'loop_engine.guard.id',
  guardUse: 'loop_engine.guard.use',
  guardSeverity: 'loop_engine.guard.severity',
  approvalId: 'loop_engine.approval.id',
  decision: 'loop_engine.approval.decision',
  integration: 'loop_engine.effect.integration',
  action: 'loop_engine.effect.action',
  deliveryKind: 'loop_engine.delivery.kind',
  deliveryName: 'loop_engine.delivery.name',
  deliveryAttempt: 'loop_engine.delivery.attempt',
  promptHash: 'loop_engine.prompt.hash',
  providerAttempts: 'loop_engine.provider.attempts',
  errorType: 'error.type',
  method: 'http.request.method',
  route: 'http.route',
  statusCode: 'http.response.status_code',
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  responseModel: 'gen_ai.response.model',
  responseId: 'gen_ai.response.id',
  finishReasons: 'gen_ai.response.finish_reasons',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cachedTokens: 'gen_ai.usage.cache_read.input_tokens',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
  tokenType: 'gen_ai.token.type',
  toolName: 'gen_ai.tool.name',
} as const

/** Replaces a value that a caller made up: metrics and span names have only values from definitions. */
export const other = '_OTHER'

/** Reasons of refusals in which the transition id may be made up by the caller, unknown to the definition. */
const reasonsOfUnknown = new Set(['unknown_transition', 'final', 'suspended'])

export function knownTransition(transitionId: string | undefined, reason?: string): string {
  if (transitionId === undefined || (reason !== undefined && reasonsOfUnknown.has(reason)))
    return other
  return transitionId
}
