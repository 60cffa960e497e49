import { createPerplexityRetriever } from '@loop-engine/adapter-perplexity'
import { createLoopSystem } from '@loop-engine/sdk'
import { startModelServer, type ModelReply } from '@loop-engine/testing'

import { customerAnswer } from './loop.ts'

const blog = { url: 'https://example.blog/node', title: 'My guess about Node.js' }
const official = { url: 'https://nodejs.org/en/about/previous-releases', title: 'Releases' }
const replies: ModelReply[] = [
  { kind: 'text', text: 'In 2030 [1].', sources: [blog] },
  { kind: 'text', text: 'On 30 April 2027 [1].', sources: [official] },
]

/**
 * Asks Perplexity twice: its first answer is blocked because of
 * its source. Both answers are on record with their sources.
 */
export async function run(): Promise<string[]> {
  const server = await startModelServer({ wire: 'perplexity-agent' })
  server.reply(...replies)
  // In production: no server, no baseUrl, and `apiKey: process.env.PERPLEXITY_API_KEY`.
  const { apiKey, baseUrl } = server
  const model = 'perplexity/sonar'
  const anywhere = createPerplexityRetriever({ apiKey, baseUrl, model })
  const atNode = createPerplexityRetriever({
    apiKey,
    baseUrl,
    model,
    filters: { domains: ['nodejs.org'] },
  })

  const { engine, close } = await createLoopSystem({ loops: [customerAnswer] })
  const aggregateId = 'TICKET-7'
  await engine.start({
    loopId: customerAnswer.id,
    aggregateId,
    actor: { type: 'automation', id: 'system:helpdesk' },
  })
  for (const research of [anywhere, atNode]) {
    const { actor, evidence } = await research.retrieve('When does the support of Node.js 22 end?')
    await engine.transition({ aggregateId, transitionId: 'research', actor, evidence })
  }
  await engine.transition({
    aggregateId,
    transitionId: 'send',
    actor: { type: 'human', id: 'alice' },
  })

  const history = await Array.fromAsync(engine.history({ aggregateId }))
  await Promise.all([close(), server.close()])
  return history.map(({ entry, evidence }) => {
    const sources =
      evidence?.['citations'] === undefined ? '' : JSON.stringify(evidence['citations'])
    return `${entry.seq} ${entry.type} by ${entry.actor.id} ${sources}`.trimEnd()
  })
}

if (import.meta.main) console.log((await run()).join('\n'))
