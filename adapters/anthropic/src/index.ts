export {
  createAnthropicActorAdapter,
  type AnthropicClient,
  type AnthropicOptions,
} from './anthropic.ts'
