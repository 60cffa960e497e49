import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { expect, test } from 'vitest'

import { openDesk } from './desk.fixture.ts'

test('a 1.x client reads answers and errors', async () => {
  const desk = await openDesk()
  const [near, far] = InMemoryTransport.createLinkedPair()
  desk.mcp.connect(far)
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(near)
  const { tools } = await client.listTools()

  const good = await client.callTool({ name: 'get_run', arguments: { aggregateId: 'PO-1' } })
  const wrong = await client.callTool({ name: 'get_run', arguments: { tenant: 'x' } })
  const asked = await client.getPrompt({
    name: 'what_may_i_do_next',
    arguments: { aggregateId: 'PO-1' },
  })

  expect(tools).toHaveLength(8)
  expect(good).toMatchObject({ structuredContent: { state: 'OPEN' } })
  expect(wrong).toMatchObject({
    isError: true,
    content: [{ text: expect.stringContaining('invalid_input') }],
  })
  expect(asked.messages).toHaveLength(1)
  await client.close()
  await desk.close()
})
