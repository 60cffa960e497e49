export { createGeminiActorAdapter } from './gemini.ts'
export type { GeminiOptions, GenAIClient, GenerativeAIClient } from './options.ts'
