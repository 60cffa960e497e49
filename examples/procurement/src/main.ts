import { startModelServer } from '@loop-engine/testing'

const anthropic = 'https://api.anthropic.com'

/** Runs the example of the documentation against a local server that takes the place of Anthropic. */
export async function run(): Promise<string[]> {
  const server = await startModelServer({ wire: 'anthropic' })
  const rationale = 'Demand is forecast to rise.'
  server.always({
    kind: 'decision',
    value: { signal: 'submit_recommendation', rationale, confidence: 0.83 },
  })
  const { fetch } = globalThis
  globalThis.fetch = (input, init) =>
    fetch(
      input instanceof Request ? input : input.toString().replace(anthropic, server.baseUrl),
      init,
    )
  // In production none of this is needed: ANTHROPIC_API_KEY=… node src/end-to-end.ts
  process.env['ANTHROPIC_API_KEY'] = server.apiKey
  try {
    const { engine } = await import('./end-to-end.ts')
    const history = await Array.fromAsync(engine.history({ aggregateId: 'PO-2001' }))
    return history.map(
      ({ entry }) => `${entry.seq} ${entry.type} by ${entry.actor.id} in ${entry.toState}`,
    )
  } finally {
    globalThis.fetch = fetch
    await server.close()
  }
}

if (import.meta.main) console.log((await run()).join('\n'))
