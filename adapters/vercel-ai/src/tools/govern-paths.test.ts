import { createMCPClient, type JSONRPCMessage, type MCPTransport } from '@ai-sdk/mcp'
import { createMemoryStore } from '@loop-engine/sdk'
import { experimental_toolCaller, tool } from 'ai'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { big } from './conversation.fixture.ts'
import type { ToolsLike } from './govern-options.ts'
import { govern } from './govern.ts'
import { finance, openRefundDesk, policy } from './refund-desk.fixture.ts'
import { answered, majors, newest, user } from './tool-majors.fixture.ts'

const small = { id: 'call-2', name: 'refund', input: { order: 8, amount: 20 } }

/** An MCP server in memory with one tool. */
function mcpServer(ran: unknown[]): MCPTransport {
  const answers: Record<string, (params: unknown) => unknown> = {
    initialize: () => ({
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: 'shop', version: '1' },
    }),
    'tools/list': () => ({
      tools: [{ name: 'wipe', description: 'Wipes.', inputSchema: { type: 'object' } }],
    }),
    'tools/call': (params) => {
      ran.push(params)
      return { content: [{ type: 'text', text: 'wiped' }] }
    },
  }
  const transport: MCPTransport = {
    start: async () => {},
    close: async () => {},
    async send(message: JSONRPCMessage) {
      if (!('id' in message) || !('method' in message)) return
      const result = answers[message.method]?.(message.params) ?? {}
      transport.onmessage?.({ jsonrpc: '2.0', id: message.id, result } as JSONRPCMessage)
    },
  }
  return transport
}

describe.each(majors)('ai $sdk', (major) => {
  test('an agent and a stream run allowed calls, and stop before a call that needs approval', async () => {
    const desk = await openRefundDesk(major)
    const { tools, toolApproval, resume } = desk.govern()
    const { model } = major.model([[small, big], 'One is refunded, one waits.'])
    const agent = major.agent({ model, tools, toolApproval })
    const asked = await agent.generate({ prompt: 'Refund both.' })
    // v5 has no approvals: its calls run when the server resumes.
    await resume([user, ...asked.messages])
    expect(desk.ran).toEqual([small.input])

    const other = await openRefundDesk(major)
    const governed = other.govern()
    const streamed = major.model([[small, big], 'One is refunded.'])
    const ui = [{ id: 'u', role: 'user' as const, parts: [{ type: 'text', text: 'Refund.' }] }]
    const said = await major.chat({
      model: streamed.model,
      tools: governed.tools,
      toolApproval: governed.toolApproval,
      ui,
    })
    await governed.resume([...ui, said])
    expect(other.ran).toEqual([small.input])
  })

  test('a tool of an MCP server asks a person, is pinned, and then runs once', async () => {
    const desk = await openRefundDesk(major)
    const ran: unknown[] = []
    const client = await createMCPClient({ transport: mcpServer(ran) })
    // The client speaks to v6 and v7; to v5 it is a dynamic tool like any other.
    const remote = major.dynamicTool({
      inputSchema: z.looseObject({}),
      execute: async (input: unknown) => ran.push({ name: 'wipe', arguments: input }),
    })
    const tools = (major.sdk === 5 ? { wipe: remote } : await client.tools()) as ToolsLike
    const { engine, approvals } = desk.system
    const options = { engine, sdk: major.sdk, clock: desk.clock }
    const governed = govern(tools, options)
    const { model } = major.model([[{ id: 'call-9', name: 'wipe', input: { all: true } }], 'ok'])
    const asked = await major.generate({ model, ...governed, messages: [user] })
    expect(ran).toEqual([])

    const [request] = await approvals.inbox({ actor: finance })
    await approvals.decide({ requestId: request?.id ?? '', decision: 'approve', actor: finance })
    const conversation = answered([user, ...asked.messages], { 'call-9': true })
    const resumed = await governed.resume(conversation)
    await governed.resume(conversation)

    expect(resumed.calls).toMatchObject([{ status: 'executed' }])
    expect(ran).toMatchObject([{ name: 'wipe', arguments: { all: true } }])
    expect((await engine.get({ aggregateId: 'wipe/call-9' }))?.metadata['digest']).toMatch(
      /^\w{64}$/,
    )
    await client.close()
  })
})

test('code mode: a tool that calls tools is governed, and so is each tool that it calls', async () => {
  const desk = await openRefundDesk(newest)
  const program = experimental_toolCaller(
    tool({ inputSchema: z.object({}), execute: async () => 'unbound' }),
    {
      type: 'local',
      bind: (inner) =>
        tool({
          inputSchema: z.object({}),
          execute: async (_, { toolCallId, messages }) => {
            const results: string[] = []
            for (const [index, amount] of [20, 500].entries()) {
              const at = { toolCallId: `${toolCallId}/${index}`, messages, context: {} }
              const run = inner['refund']?.execute as (i: object, o: object) => Promise<unknown>
              results.push(
                await run({ order: 7, amount }, at).then(
                  (value) => JSON.stringify(value),
                  (error: Error) => error.message,
                ),
              )
            }
            return results
          },
        }),
    },
  )
  const governed = govern(
    { ...desk.raw, program },
    { engine: desk.system.engine, policy: policy as never },
  )
  const { model, prompts } = newest.model([[{ id: 'code-1', name: 'program', input: {} }], 'ok'])
  const { tools, toolApproval } = governed
  const experimental_toolCallers = { refund: ['program'] }
  await newest.generate({ model, tools, toolApproval, experimental_toolCallers, messages: [user] })

  expect(desk.ran).toEqual([{ order: 7, amount: 20 }])
  expect(prompts[1]).toContain('R-1')
  expect(prompts[1]).toContain('NOT executed')
  expect(await desk.stateOf('program/code-1')).toBe('EXECUTED')
  expect(await desk.stateOf('refund/code-1%2F1')).toBe('REQUESTED')
})

test('nothing runs while the store is unreachable', async () => {
  const store = createMemoryStore()
  const desk = await openRefundDesk(newest, { store })
  const governed = desk.govern()
  await governed.ready
  await store.close()
  const { model } = newest.model([[small], 'ok'])
  await expect(newest.generate({ model, ...governed, messages: [user] })).rejects.toMatchObject({
    code: 'closed',
  })
  expect(desk.ran).toEqual([])
})
