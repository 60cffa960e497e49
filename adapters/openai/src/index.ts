export type { ModelFamily, ReasoningEffort } from './model-family.ts'
export { createOpenAIActorAdapter, type OpenAIOptions } from './openai.ts'
