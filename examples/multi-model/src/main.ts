import { createAIActor, createLoopSystem, type LoopEngine } from '@loop-engine/sdk'
import { startModelServer } from '@loop-engine/testing'

import { refund } from './refund-loop.ts'

const models = [
  { provider: 'anthropic', model: 'claude-opus-4-6', wire: 'anthropic', confidence: 0.95 },
  { provider: 'openai', model: 'gpt-5.5', wire: 'openai-responses', confidence: 0.9 },
  { provider: 'gemini', model: 'gemini-3-pro', wire: 'gemini', confidence: 0.85 },
  { provider: 'grok', model: 'grok-4.3', wire: 'xai-responses', confidence: 0.6 },
] as const

/** Four models decide about the same refund, side by side; none of them can skip the guard. */
export async function run(): Promise<string[]> {
  const { engine, close } = await createLoopSystem({ loops: [refund] })
  const lines = await Promise.all(models.map((model) => decide(engine, model)))
  await close()
  return lines
}

async function decide(
  engine: LoopEngine,
  { provider, model, wire, confidence }: (typeof models)[number],
): Promise<string> {
  // In production: no server, no baseUrl, and your own apiKey for each vendor.
  const server = await startModelServer({ wire })
  const value = { signal: 'approve', rationale: 'The parcel was lost.', confidence }
  server.reply({ kind: 'decision', value })
  const { apiKey, baseUrl } = server
  const ai = await createAIActor({ provider, model, apiKey, baseUrl })

  const aggregateId = `refund-by-${provider}`
  const intake = { type: 'automation', id: 'system:intake' } as const
  await engine.start({ loopId: refund.id, aggregateId, actor: intake })
  const { actor, signal, decision } = await ai.createSubmission({
    loopId: refund.id,
    loopName: refund.name,
    currentState: 'REQUESTED',
    availableSignals: refund.transitions.map((each) => ({ signalId: each.signal, name: each.id })),
    instruction: 'Approve the refund when the carrier lost the parcel.',
    evidence: { amount: 42, carrier: 'The parcel cannot be found.' },
  })
  const { status } = await engine.transition({ aggregateId, signal, actor, evidence: decision })
  await server.close()
  const { modelId, servedModel, responseId, promptHash, usage } = actor
  return [
    `${provider}: ${signal} (${confidence}) -> ${status}`,
    `  asked ${modelId}, answered ${servedModel} as ${responseId}`,
    `  prompt ${promptHash?.slice(0, 12)}, ${usage?.inputTokens}+${usage?.outputTokens} tokens`,
  ].join('\n')
}

if (import.meta.main) console.log((await run()).join('\n'))
