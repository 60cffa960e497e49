export type { AttemptLog } from './attempt-log.ts'
export { toStrictJsonSchema, type DecisionFields } from './decision-schema.ts'
export { answerDetails, type AnswerEnd, type ModelAnswer } from './model-answer.ts'
export {
  callModel,
  type AnsweredCall,
  type Attribution,
  type CallContext,
  type CallLimits,
  type ModelVendor,
} from './model-call.ts'
export { present, type ModelFault } from './faults/model-fault.ts'
export {
  createModelProvider,
  providerKeys,
  type DecisionRequest,
  type ProviderOptions,
} from './model-provider.ts'
export { withOwnHeaders } from './own-headers.ts'
export { defaultPrompt, type PromptTemplate } from './prompt-template.ts'
export { quiet } from '../quiet.ts'
export {
  decisionBody,
  readResponse,
  readResponseStream,
  type ResponsesAnswer,
} from './responses-wire.ts'
export { AnswerCutError, readRetryAfterMs, readSdkFault } from './faults/sdk-fault.ts'
export { checkTimeout } from '../check-timeout.ts'
export { codeOfText, vendorCount, vendorWord } from './vendor-facts.ts'
