import { govern } from '@loop-engine/adapter-vercel-ai'
import { createLoopSystem } from '@loop-engine/sdk'
import { tool, ToolLoopAgent, type ModelMessage } from 'ai'
import { z } from 'zod'

import { scriptedModel } from './scripted-model.ts'

const issueRefund = tool({
  description: 'Pays money back for an order.',
  inputSchema: z.object({ order: z.string(), amount: z.number() }),
  execute: async ({ order, amount }) => ({ paid: amount, order }),
})

/** A customer asks for 500. The agent may pay up to 100 by itself; for more, somebody from finance has to approve. */
export async function run(): Promise<string[]> {
  const said: string[] = []
  // In production: `store: createSqliteStore({ path: 'loops.db' })` keeps the record.
  const { engine, approvals, close } = await createLoopSystem({ loops: [] })
  const { tools, toolApproval, resume } = govern(
    { issueRefund },
    {
      engine,
      run: 'chat-7',
      policy: {
        issueRefund: {
          approval: { when: 'input.amount > 100', reviewers: ['group:finance'], expiresIn: '2h' },
        },
      },
    },
  )
  // In production: `model: openai('gpt-…')`.
  const model = scriptedModel([
    { toolCallId: 'call-1', input: { order: 'A-1', amount: 500 } },
    'Your 500 are on their way.',
  ])
  const agent = new ToolLoopAgent({ model, tools, toolApproval })
  const question: ModelMessage = { role: 'user', content: 'Please refund order A-1.' }

  const first = await agent.generate({ messages: [question] })
  const conversation = [question, ...first.responseMessages]
  said.push(`the agent stops: ${first.finishReason}`)

  // Later, perhaps in another process. First nobody has decided yet; then somebody from finance decides, in the inbox.
  said.push(`ready before the decision: ${(await resume(conversation)).ready}`)
  const fay = { type: 'human', id: 'fay', groups: ['finance'] } as const
  const [request] = await approvals.inbox({ actor: fay })
  if (request) await approvals.decide({ requestId: request.id, decision: 'approve', actor: fay })

  const { messages, calls } = await resume(conversation)
  said.push(...calls.map(({ status, output }) => `${status}: ${JSON.stringify(output)}`))
  said.push((await agent.generate({ messages })).text)

  const history = await Array.fromAsync(
    engine.history({ aggregateId: calls[0]?.aggregateId ?? '' }),
  )
  await close()
  return [...said, ...history.map(({ entry }) => `${entry.seq} ${entry.type} by ${entry.actor.id}`)]
}

if (import.meta.main) console.log((await run()).join('\n'))
