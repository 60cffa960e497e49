import { createMemoryStore, type LoopStore } from '@loop-engine/sdk'
import { expect, onTestFinished, test } from 'vitest'

import { readOidc } from './access/oidc-settings.ts'
import { createLogger } from './log.ts'
import type { LoopServerOptions } from './options.ts'
import { createLoopServer, type LoopServer } from './server.ts'

const start = (options: Partial<LoopServerOptions>): Promise<LoopServer> =>
  createLoopServer({
    loops: [],
    store: createMemoryStore(),
    logger: createLogger({ level: 'silent' }),
    ...options,
  })

test.each([
  'loops',
  'loops.example.com',
  'ftp://loops.example.com',
  'javascript:1',
  '',
  'https://example.com/loops',
  'https://loops.example.com/?team=1',
  'https://loops.example.com/#/inbox',
  'https://alice@loops.example.com',
])('a public URL that is not the root of a web site is refused: %j', async (publicUrl) => {
  await expect(start({ publicUrl })).rejects.toMatchObject({
    code: 'invalid_config',
    path: '/publicUrl',
    hint: expect.stringContaining('https://'),
  })
})

test.each([
  [{ console: '/nowhere' }, '/console'],
  [{ mcp: { startable: ['none'] } }, '/startable'],
])('a server that cannot be made leaves nothing running: %j', async (options, path) => {
  const memory = createMemoryStore()
  let closed = 0
  const store: LoopStore = {
    ...memory,
    close: async () => {
      closed += 1
      await memory.close()
    },
  }

  await expect(start({ ...options, store })).rejects.toMatchObject({ code: 'invalid_config', path })

  expect(closed).toBe(1)
})

const issuer = { issuer: 'https://id.example.com', audience: 'loops' }

test.each<[Partial<LoopServerOptions>, string]>([
  [{ callbacks: { origins: ['n8n.example.com'], secrets: [] } }, '/callbacks/origins'],
  // Two issuers may give the same id to different people.
  [{ oidc: [issuer, { ...issuer, idPrefix: 'other:' }] }, '/oidc'],
  [{ oidc: [issuer, { ...issuer, issuer: 'https://id.example.org' }] }, '/oidc'],
])(
  'issuers that cannot be told apart, and callbacks that cannot work, are refused: %j',
  async (options, path) => {
    await expect(start(options)).rejects.toMatchObject({ code: 'invalid_config', path })
  },
)

test.each<[object, string]>([
  [{ pubicUrl: 'https://loops.example.com' }, '/pubicUrl'],
  [{ identity: { mode: 'verified', directory: () => null } }, '/identity'],
  [{ onError: () => undefined }, '/onError'],
  [{ mcp: { startble: [] } }, '/mcp/startble'],
  [{ oidc: {} }, '/oidc'],
  [{ oidc: [{ issuer: 'https://id.example.com', audience: 'a', isPersn: 1 }] }, '/oidc/0/isPersn'],
  [{ rateLimit: { brust: 5, perSecond: 1 } }, '/rateLimit/brust'],
  [{ rateLimit: { perSecond: 1 } }, '/rateLimit/burst'],
  [{ strangerLimit: { burst: Number.NaN, perSecond: 1 } }, '/strangerLimit/burst'],
  [{ stream: { stallMs: 'soon' } }, '/stream/stallMs'],
  [{ timeouts: { bodyMs: 1 } }, '/timeouts/bodyMs'],
  [{ maxBodyBytes: null }, '/maxBodyBytes'],
  [{ requestTimeoutMs: 0 }, '/requestTimeoutMs'],
  [{ timeouts: { headersMs: 0 } }, '/timeouts/headersMs'],
  [{ trustedProxies: -1 }, '/trustedProxies'],
])(
  'an option that would be ignored, or that would limit nothing, is refused: %j',
  async (options, path) => {
    const refused = await start(options).catch((error: unknown) => error)

    expect(refused).toMatchObject({ code: 'invalid_config', path })
    expect(refused).toHaveProperty('message', expect.stringContaining('createLoopServer'))
  },
)

test('an address of another machine and a port in use have different errors', async () => {
  const server = await start({})
  onTestFinished(() => server.close())
  const { port } = await server.listen({ port: 0 })

  await expect(server.listen({ port: 0, host: '192.0.2.1' })).rejects.toMatchObject({
    code: 'invalid_config',
    message: 'The server cannot listen at 192.0.2.1 (EADDRNOTAVAIL).',
    hint: expect.stringContaining('0.0.0.0'),
  })
  await expect(server.listen({ port })).rejects.toMatchObject({
    code: 'unavailable',
    message: `The server cannot listen on port ${port} (EADDRINUSE).`,
    hint: expect.stringContaining('another port'),
  })
})

test('an unknown option of listen is refused', async () => {
  const server = await start({})
  onTestFinished(() => server.close())
  const listen = (where: unknown): Promise<unknown> => server.listen(where as object)

  await expect(listen({ port: 0, hostname: '0.0.0.0' })).rejects.toMatchObject({
    code: 'invalid_config',
    path: '/hostname',
  })
  await expect(listen(3000)).rejects.toMatchObject({ code: 'invalid_config' })
})

test.each([
  [{ oidcIssuer: 'https://id.example.com' }, 'belong together'],
  [{ scopeOfRole: ['ops=read'] }, 'belong together'],
  [{ oidcIssuer: 'id', oidcAudience: 'loops' }, 'no URL'],
])('OIDC settings that are incomplete or wrong are refused: %j', (settings, message) => {
  expect(() => readOidc(settings)).toThrow(
    expect.objectContaining({
      code: 'invalid_config',
      message: expect.stringContaining(message),
      hint: expect.any(String),
    }),
  )
})
