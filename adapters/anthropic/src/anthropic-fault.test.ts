import { createRequire } from 'node:module'

import type * as Sdk from '@anthropic-ai/sdk'
import { providerConformance } from '@loop-engine/testing'

import { createAnthropicActorAdapter } from './index.ts'

// The CommonJS half of the SDK has classes of its own, as every other copy has.
const { Anthropic } = createRequire(import.meta.url)('@anthropic-ai/sdk') as typeof Sdk

providerConformance({
  name: 'anthropic with a client of another copy of the SDK',
  wire: 'anthropic',
  create: ({ apiKey, baseUrl, ...options }) =>
    createAnthropicActorAdapter({
      ...options,
      model: 'claude-opus-4-6',
      client: new Anthropic({ apiKey, baseURL: baseUrl, logLevel: 'off' }),
    }),
  streams: true,
  missing: ['content_filter'],
})
