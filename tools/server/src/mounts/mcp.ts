import type { LoopMcpServer } from '@loop-engine/integration-mcp'
import type { Hono } from 'hono'

import type { Environment } from './environment.ts'
import { admit, chargeStrangers, type MountOptions } from './mount-routes.ts'

/**
 * Serves the Model Context Protocol. A client acts as an agent on behalf of the principal of its credential; without the
 * scope `run` it can only read.
 */
export function mountMcp(app: Hono<Environment>, mcp: LoopMcpServer, options: MountOptions): void {
  app.all('/mcp', async (context) => {
    context.set('route', `${context.req.method} /mcp`)
    return chargeStrangers(context, options, async () => {
      const { actor, tenant, scopes } = await admit(context, 'read', options)
      const readOnly = !scopes.includes('run')
      const answer = await mcp.handle(context.req.raw, { principal: { actor, tenant, readOnly } })
      // Copied, because the headers of a response that was made elsewhere may not be changeable.
      return new Response(answer.body, answer)
    })
  })
}
