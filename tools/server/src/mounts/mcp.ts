import type { LoopMcpServer } from '@loop-engine/integration-mcp'
import type { Hono } from 'hono'

import type { Environment } from './environment.ts'
import { admit, chargeStrangers, type MountOptions } from './mount-routes.ts'

/** Model Context Protocol for whoever has a credential: a client is an agent on behalf of it, and reads unless it may run. */
export function mountMcp(app: Hono<Environment>, mcp: LoopMcpServer, options: MountOptions): void {
  app.all('/mcp', async (context) => {
    context.set('route', `${context.req.method} /mcp`)
    return chargeStrangers(context, options, async () => {
      const { actor, tenant, scopes } = await admit(context, 'read', options)
      const readOnly = !scopes.includes('run')
      const answer = await mcp.handle(context.req.raw, { principal: { actor, tenant, readOnly } })
      // A response that was made elsewhere has headers that nobody may add to.
      return new Response(answer.body, answer)
    })
  })
}
