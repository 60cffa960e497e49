import { promptHash, type Provider } from '@loop-engine/sdk'

import { evidenceOf, propose } from './rules.ts'
import { readSignal } from './signal-evidence.ts'

/** A provider that proposes by fixed rules, and is attributed like a model. */
export function createRulesProvider(): Provider {
  return {
    contract: 'provider/v1',
    name: 'rules',
    model: 'rules-1',
    async createSubmission(context, { signal: abort } = {}) {
      abort?.throwIfAborted()
      const signal = readSignal(context)
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
