import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Channel } from '@loop-engine/core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import type { ChannelHost } from '../options.ts'
import { createTestServer, type TestServer } from '../server.fixture.ts'

let server: TestServer
let folder: string
let hear: ((request: Request) => Promise<Response>) | undefined
let host: ChannelHost
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'console-'))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Console</title>')
  writeFileSync(join(folder, 'assets', 'app-1a2b.js'), 'export {}')
  writeFileSync(`${folder}-secret`, 'secret')
  const chat: Channel = {
    contract: 'channel/v1',
    name: 'chat',
    notify: async () => undefined,
    handle: async (request) => (hear ? hear(request) : new Response('nobody')),
  }
  const mute: Channel = { contract: 'channel/v1', name: 'mute', notify: async () => undefined }
  server = await createTestServer({
    console: folder,
    maxBodyBytes: 1000,
    directory: (tenant, id) =>
      tenant === 'default' && id === 'alice' ? { roles: ['finance'] } : null,
    channels: (given) => {
      host = given
      return [chat, mute]
    },
  })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
  rmSync(`${folder}-secret`)
})

test('a channel receives exactly the bytes, headers and path that were sent', async () => {
  const bytes = '{"a" : 1,\n "b":"\u00e9"}'
  hear = async (request) =>
    Response.json({
      text: await request.text(),
      signed: request.headers.get('x-signature'),
      url: new URL(request.url).pathname,
    })
  const reply = await server.call('POST', '/channels/chat/events', {
    headers: { 'x-signature': 's' },
    body: bytes,
  })

  expect(reply.body).toEqual({ text: bytes, signed: 's', url: '/channels/chat/events' })
  // A GET for a decision page has no body.
  const { body } = await server.call('GET', '/channels/chat/decide')
  expect(body).toEqual({ text: '', signed: null, url: '/channels/chat/decide' })
})

test('a body without a Content-Length, as some proxies send it, arrives up to the limit', async () => {
  hear = async (request) =>
    Response.json([await request.text(), request.headers.get('x-signature')])
  const send = (text: string): Promise<Response> =>
    fetch(`${server.url}/channels/chat`, {
      method: 'POST',
      headers: { 'x-signature': 's' },
      body: new Blob([text]).stream(),
      duplex: 'half',
    } as RequestInit)

  expect(await (await send('{"a" : 1}')).json()).toEqual(['{"a" : 1}', 's'])
  expect((await send('x'.repeat(1001))).status).toBe(413)
})

test('the decision of a channel counts as that of the person whom the channel authenticated', async () => {
  const request = await server.waiting('chat-1', server.key())
  const decision = {
    tenant: 'default',
    requestId: request.id,
    revision: 1,
    viewHash: request.viewHash,
    decision: 'approve',
    reviewer: { type: 'human', id: 'alice' },
    assurance: { method: 'chat', subject: 'U1' },
    idempotencyKey: 'delivery-1',
  }

  expect(await host.decide({ ...decision, reviewer: { type: 'human', id: 'eve' } })).toMatchObject({
    status: 'refused',
    reason: 'not_entitled',
  })
  await expect(host.decide({ ...decision, viewHash: 'x' })).rejects.toMatchObject({
    code: 'invalid_input',
  })
  expect(await host.decide(decision)).toMatchObject({ status: 'executed' })
  expect(await host.decide(decision)).toMatchObject({ status: 'executed', replayed: true })
  const { items } = await server.store.approvals({ tenant: 'default', aggregateId: 'chat-1' })
  expect(items[0]?.decisions[0]?.reviewer).toMatchObject({
    assurance: { method: 'chat', subject: 'U1' },
  })
})

test('a channel can read the requests of its tenant, and none of another tenant', async () => {
  const { id, viewHash } = await server.waiting('chat-2', server.key())

  expect(await host.getApproval({ tenant: 'default', id })).toMatchObject({ viewHash })
  expect(await host.getApproval({ tenant: 'acme', id })).toBeNull()
})

test('the answer for an unknown or failing channel reveals no internals', async () => {
  hear = async () => {
    throw new Error('secret')
  }
  const failed = await server.call('POST', '/channels/chat', { body: '{}' })
  hear = async () => Response.redirect('https://example.com/next')
  const redirects = await server.call('POST', '/channels/chat', { body: '{}' })

  expect(failed).toMatchObject({ status: 500, body: { code: 'internal' } })
  expect(failed.text).not.toContain('secret')
  expect([redirects.status, redirects.headers.get('location')]).toEqual([
    302,
    'https://example.com/next',
  ])
  expect((await server.call('POST', '/channels/mute', { body: '{}' })).status).toBe(404)
  expect((await server.call('POST', '/channels/none', { body: '{}' })).status).toBe(404)
  expect((await server.call('DELETE', '/channels/chat')).status).toBe(404)
  expect((await server.call('POST', '/channels/chat', { body: 'x'.repeat(2000) })).status).toBe(413)
})

test('the console is served with its pages; its assets may be cached for ever, and nothing outside its folder is served', async () => {
  const page = await server.call('GET', '/inbox/some/page')
  const file = await server.call('GET', '/assets/app-1a2b.js')

  expect(page.text).toContain('Console')
  expect(page.headers.get('content-security-policy')).toContain(
    "default-src 'none'; script-src 'self'",
  )
  expect(file.headers.get('content-type')).toMatch(/javascript/)
  expect(file.headers.get('cache-control')).toContain('immutable')
  expect(page.headers.get('cache-control')).toBe('no-cache')
  expect((await server.call('GET', '/api/v1/nothing')).status).toBe(404)
  for (const path of [
    `/..%2f${folder.split('/').at(-1)}-secret`,
    '/%2e%2e/%2e%2e/etc/passwd',
    '/assets/..%2f..%2f..%2fetc%2fpasswd',
  ])
    expect((await server.call('GET', path)).text).not.toMatch(/secret|root:/)
})

test('a missing asset is answered with 404 and not with a page that a browser would cache for ever', async () => {
  const gone = await server.call('GET', '/assets/app-9z9z.js')

  expect(gone.status).toBe(404)
  expect(gone.text).not.toContain('Console')
  expect(gone.headers.get('cache-control') ?? '').not.toContain('immutable')
})

test('the login page sends its token by POST and has no inline script or style', async () => {
  const page = await server.call('GET', '/login')
  const script = await server.call('GET', '/login.js')
  const style = await server.call('GET', '/login.css')

  expect(page.text).toContain('src="/login.js"')
  expect(page.text).not.toMatch(/<script(?![^>]*src=)|style=| on\w+=/)
  expect(script.headers.get('content-type')).toMatch(/javascript/)
  expect(page.text).toContain('href="/login.css"')
  expect(style.headers.get('content-type')).toMatch(/css/)
})
