import { createMcpServer } from '@loop-engine/integration-mcp'
import { createLoopSystem } from '@loop-engine/sdk'
import { InMemoryTransport } from '@modelcontextprotocol/client'

import { connectAgent } from './agent.ts'
import { createGateway } from './gateway.ts'
import { purchase, refund } from './loops.ts'

const carol = { type: 'human', id: 'carol' } as const
const fay = { type: 'human', id: 'fay', groups: ['finance'] } as const

/** Carol's agent buys and asks for a refund over MCP. Fay approves the refund. The gateway carries out each, once. */
export async function run(): Promise<string[]> {
  const loops = [purchase, refund]
  const gateway = createGateway()
  // In production: give a `store` that lasts, and leave out `relay: false`, so that effects run by themselves.
  const system = await createLoopSystem({
    loops,
    integrations: [gateway.integration],
    relay: false,
  })
  const { approvals, relay, engine } = system
  const startable = loops.map(({ id }) => id)
  const mcp = createMcpServer({ system, loops, startable, principal: { actor: carol } })
  const [near, far] = InMemoryTransport.createLinkedPair()
  // In production: `mcp.connect()` for standard input and output, or `mcp.handle(request, …)` for HTTP.
  mcp.connect(far)
  const agent = await connectAgent(near)
  const settled = async (): Promise<void> => {
    while ((await relay.drain()) > 0);
  }

  const said = [await agent.discover()]
  said.push(await agent.ask(await agent.plan('purchase', 'P-1', 40)))
  await settled()
  said.push(await agent.state('P-1'))

  const plan = await agent.plan('refund', 'R-1', 40)
  said.push(await agent.ask(plan), await agent.state('R-1'))
  const [request] = await approvals.inbox({ actor: fay })
  if (request) await approvals.decide({ requestId: request.id, decision: 'approve', actor: fay })
  await settled()
  said.push('fay approves', await agent.ask(plan), await agent.state('R-1'))

  const history = await Array.fromAsync(engine.history({ aggregateId: 'R-1' }))
  await mcp.close()
  await system.close()
  return [
    ...said,
    ...gateway.done,
    ...history.map(({ entry }) => `${entry.seq} ${entry.type} by ${entry.actor.id}`),
  ]
}

if (import.meta.main) console.log((await run()).join('\n'))
