import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { createMCPClient } from '@ai-sdk/mcp'
import { serve, type ServerType } from '@hono/node-server'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { alice, bob, call, eras, openDesk, type Desk } from './desk.fixture.ts'

const people = new Map([
  ['Bearer a', { actor: alice }],
  ['Bearer b', { actor: bob }],
])

let desk: Desk
let server: ServerType
let url: URL
beforeEach(async () => {
  desk = await openDesk({ principal: undefined, origins: ['https://app.example'], maxBytes: 4096 })
  const { mcp } = desk
  server = serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) =>
      mcp.handle(request, {
        principal: people.get(request.headers.get('authorization') ?? '') ?? null,
      }),
  })
  if (!server.listening) await once(server, 'listening')
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`)
})
afterEach(async () => {
  await desk.close()
  server.close()
})

async function connect(mode: (typeof eras)[number], token: string): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
  await client.connect(
    new StreamableHTTPClientTransport(url, {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
    }),
  )
  return client
}

function post(body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    body,
    headers: {
      authorization: 'Bearer a',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
  })
}
const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} })

describe.each(eras)('over HTTP, a client of %s', (era) => {
  test('acts in each request for the signed-in principal, and never for another', async () => {
    const [ofAlice, ofBob] = await Promise.all([connect(era, 'a'), connect(era, 'b')])
    const attempt = (client: Client, aggregateId: string): Promise<unknown> =>
      call(client, 'request_transition', {
        aggregateId,
        transitionId: 'quote',
        evidence: { amount: 5 },
        idempotencyKey: 'same',
      })

    await Promise.all([attempt(ofAlice, 'PO-1'), attempt(ofBob, 'PO-2')])

    const { engine } = desk.system
    const actors = await Promise.all(
      ['PO-1', 'PO-2'].map(async (aggregateId) => {
        const items = await Array.fromAsync(engine.history({ aggregateId, from: 2 }))
        return items.map(({ entry }) => entry.actor.id)
      }),
    )
    expect(actors).toEqual([['mcp:human:alice'], ['mcp:human:bob']])
    await Promise.all([ofAlice.close(), ofBob.close()])
  })

  test('is not served if nobody is signed in', async () => {
    await expect(connect(era, 'x')).rejects.toThrow(/./)
    expect(await post(list, { authorization: '' })).toMatchObject({ status: 401 })
  })
})

test('a client of another library gets the same answers', async () => {
  const client = await createMCPClient({
    transport: { type: 'http', url: url.href, headers: { authorization: 'Bearer b' } },
  })
  const tools = await client.tools()
  const options = { toolCallId: '1', messages: [], context: {} }

  const answer = await tools['get_run']?.execute({ aggregateId: 'PO-1' }, options)
  const wrong = await tools['get_run']?.execute({ aggregateId: 'PO-1', tenant: 'x' }, options)
  await client.close()

  expect(answer).toMatchObject({ structuredContent: { state: 'OPEN' } })
  expect(wrong).toMatchObject({ isError: true })
  expect(JSON.stringify(wrong)).toContain('invalid_input')
})

test('a client cannot hold a connection open to listen, because the server sends no notifications', async () => {
  const client = await connect('auto', 'a')

  await expect(client.listen({ toolsListChanged: true })).rejects.toThrow('limit reached')
  await client.close()
})

test('a web page of another origin is refused before anything is read', async () => {
  const wicked = await post(list, { origin: 'https://evil.example' })
  const good = await post(list, { origin: 'https://app.example' })

  expect(await wicked.json()).toMatchObject({ error: { data: { code: 'refused' } } })
  expect(wicked.status).toBe(403)
  expect(good.status).toBe(200)
})

test.each([
  ['a key that comes twice', list.replace('"id":1', '"id":1,"id":2'), 400, 'invalid_json'],
  ['what is no JSON', '{', 400, 'invalid_json'],
  ['what nests too deeply', `${'['.repeat(500)}${']'.repeat(500)}`, 400, 'invalid_json'],
  ['what is too long', list.replace('{}', `{"x":"${'y'.repeat(5000)}"}`), 413, 'too_large'],
])('%s is refused with our code', async (_, body, status, code) => {
  const response = await post(body)

  expect(response.status).toBe(status)
  expect(await response.json()).toMatchObject({ error: { data: { code } } })
})

test('a closed server says so', async () => {
  await desk.mcp.close()

  expect(await post(list)).toMatchObject({ status: 503 })
})
