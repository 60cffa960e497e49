import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { createTestServer, refund, type TestServer } from '../server.fixture.ts'

let server: TestServer
beforeAll(async () => {
  server = await createTestServer({ mcp: { startable: [refund.id] } })
})
afterAll(() => server.close())

async function connect(key: string): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' })
  const headers = { authorization: `Bearer ${key}` }
  await client.connect(
    new StreamableHTTPClientTransport(new URL('/mcp', server.url), { requestInit: { headers } }),
  )
  return client
}

test('a request without a credential is refused', async () => {
  await expect(connect('loop_nobody')).rejects.toThrow(/401|auth|credential/i)
  expect(await server.call('POST', '/mcp', { body: {} })).toMatchObject({ status: 401 })
})

test('no answer may be cached, not even an error', async () => {
  const [key, headers] = [server.key(), { accept: 'application/json, text/event-stream' }]
  for (const reply of [
    await server.call('POST', '/mcp', { body: {} }),
    await server.call('GET', '/mcp', { key, headers }),
    await server.call('DELETE', '/mcp', { key }),
    await server.call('POST', '/mcp', { key, headers, body: {} }),
  ]) {
    expect(reply.status).toBeGreaterThanOrEqual(400)
    expect(reply.headers.get('cache-control')).toBe('no-store')
  }
})

test('a client acts as an agent on behalf of its key, in the tenant of the key', async () => {
  const client = await connect(server.key())

  const started = await client.callTool({
    name: 'start_run',
    arguments: { loopId: refund.id, aggregateId: 'order-1', idempotencyKey: 'start-1' },
  })
  expect(started).not.toMatchObject({ isError: true })
  await client.close()

  const [first] = await Array.fromAsync(
    server.server.system.engine.history({ aggregateId: 'order-1' }),
  )
  expect(first?.entry.actor).toMatchObject({
    type: 'ai-agent',
    onBehalfOf: { type: 'automation' },
    assurance: { method: 'api-key' },
  })
  const other = await connect(server.key('acme'))
  const { content } = await other.callTool({ name: 'list_runs', arguments: {} })
  expect(JSON.stringify(content)).not.toContain('order-1')
  await other.close()
})
