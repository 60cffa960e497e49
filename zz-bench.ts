import { createPostgresStore } from '@loop-engine/integration-postgres'
import { createLoopSystem, defineLoop } from '@loop-engine/sdk'
import { startPostgres } from '@loop-engine/testing'
const server = await startPostgres(); const schema = server.schema()
const sink = { contract: 'sink/v1', name: 's', async publish() {} }
const loop = defineLoop({ id: 'r', states: ['A', { id: 'B', terminal: true }], initialState: 'A', transitions: [{ id: 'go', from: 'A', to: 'B', actors: ['ai-agent'] }] })
const s = await createLoopSystem({ loops: [loop], store: createPostgresStore({ connectionString: server.url, schema }), sinks: [sink], relay: false } as never)
const actor = { type: 'ai-agent', id: 'a' } as const
const out = []
for (let round = 0; round < 4; round++) {
  let i = 0
  const t = performance.now()
  await Promise.all(Array.from({ length: 16 }, async () => { while (i < 1500) { const k = `k${round}-${i++}`; await s.engine.start({ loopId: 'r', aggregateId: k, actor }); await s.engine.transition({ aggregateId: k, transitionId: 'go', actor }) } }))
  const c = performance.now() - t; const u = performance.now(); const n = await s.relay.drain()
  out.push(`commit ${Math.round(3000 / c * 1000)}/s drain ${Math.round(n / (performance.now() - u) * 1000)}/s`)
}
console.log(process.cwd(), out.join(' | ')); process.exit(0)
