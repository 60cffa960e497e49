export { createGeminiActorAdapter } from './gemini.ts'
export type { GeminiOptions, GenAIClient, GenerativeAIClient } from './gemini-options.ts'
