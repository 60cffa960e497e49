import { promptHash, type Provider } from '@loop-engine/sdk'
import { z } from 'zod'

import { evidenceOf, propose } from './rules.ts'
import { severities } from './severity.ts'

const signalSchema = z.object({
  kind: z.literal('signal'),
  key: z.string().min(1),
  event: z.string().min(1),
  action: z.string(),
  title: z.string(),
  url: z.string(),
  repository: z.string().nullable(),
  severityHint: z.enum(severities).nullable(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  digest: z.string().min(1),
})

/**
 * Proposes by fixed rules what a model would propose, and is attributed like one. In production this is the line that
 * changes: `createAnthropicActorAdapter({ model, apiKey })` is a provider too.
 */
export function createRulesProvider(): Provider {
  return {
    contract: 'provider/v1',
    name: 'rules',
    model: 'rules-1',
    async createSubmission(context, { signal: abort } = {}) {
      abort?.throwIfAborted()
      const signal = signalSchema.parse(context.evidence)
      const proposal = propose(signal)
      return {
        actor: {
          type: 'ai-agent',
          id: 'agent:triage',
          provider: 'rules',
          modelId: 'rules-1',
          promptHash: promptHash({ ...context }),
          confidence: proposal.confidence,
          responseId: null,
        },
        signal: 'assess',
        decision: { ...evidenceOf(signal, proposal) },
      }
    },
  }
}
