export { createTemporalPlugin, type TemporalPlugin, type TemporalPluginOptions } from './plugin.ts'
export type { ActivityPolicy, CallApproval, CallPolicy } from './calls/call-policy.ts'
export type { ActorOf, CallSite } from './calls/call-site.ts'
export type { Caller } from './caller-token.ts'
export { createDecisionSink, type DecisionSinkOptions, type GateSigner } from './decision-sink.ts'
export type { HistoryKey } from './history-seal.ts'
export { failureTypes } from './names.ts'
export {
  createTemporalLoopSystem,
  type TemporalLoopSystemOptions,
} from './loops/temporal-loop-system.ts'
export { createPayloadCodec, type PayloadCodecOptions } from './payload-codec.ts'
