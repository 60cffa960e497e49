import { Client, type Transport } from '@modelcontextprotocol/client'
import { z } from 'zod'

const outcome = z.object({ status: z.string() })
const loops = z.object({ items: z.array(z.object({ loopId: z.string() })) })
const run = z.object({ state: z.string() })
const next = z.object({
  items: z.array(z.object({ transitionId: z.string() })),
})

interface Plan {
  readonly [field: string]: unknown
  readonly transitionId: string
}

/** Calls the MCP tools as a model would, but by a script. */
export interface ShoppingAgent {
  discover(): Promise<string>
  /** Starts a run, and plans to ask for the first transition that is open. */
  plan(loopId: string, aggregateId: string, amount: number): Promise<Plan>
  /** Requests the planned transition. Asking again with the same plan tells what became of the request. */
  ask(plan: Plan): Promise<string>
  state(aggregateId: string): Promise<string>
}

export async function connectAgent(transport: Transport): Promise<ShoppingAgent> {
  const client = new Client(
    { name: 'shopping-agent', version: '1' },
    { versionNegotiation: { mode: 'auto' } },
  )
  await client.connect(transport)
  const call = async <Answer>(
    name: string,
    input: Record<string, unknown>,
    schema: z.ZodType<Answer>,
  ): Promise<Answer> =>
    schema.parse((await client.callTool({ name, arguments: input })).structuredContent)

  return {
    async discover() {
      const { items } = await call('list_loops', {}, loops)
      return `agent finds ${items.map(({ loopId }) => loopId).join(' and ')}`
    },
    async plan(loopId, aggregateId, amount) {
      await call('start_run', { loopId, aggregateId, idempotencyKey: `${aggregateId}-start` }, run)
      const { items } = await call('list_transitions', { aggregateId }, next)
      const [first] = items
      if (!first) throw new Error(`Nothing can be asked for in ${aggregateId}.`)
      return {
        aggregateId,
        transitionId: first.transitionId,
        evidence: { order: aggregateId, amount },
        idempotencyKey: `${aggregateId}-ask`,
      }
    },
    async ask(plan) {
      const { status } = await call('request_transition', plan, outcome)
      return `agent asks for ${plan.transitionId}: ${status}`
    },
    async state(aggregateId) {
      return `${aggregateId} is ${(await call('get_run', { aggregateId }, run)).state}`
    },
  }
}
