export { createGrokActorAdapter, type GrokOptions } from './grok.ts'
