import { expect, test } from 'vitest'

import { promptHash } from './prompt-hash.ts'

const body = { model: 'claude', messages: [{ role: 'user', content: 'hi' }], temperature: 0 }

test('the order of keys does not matter, every value does', () => {
  const { model, ...rest } = body

  expect(promptHash(body)).toMatch(/^[0-9a-f]{64}$/)
  expect(promptHash({ ...rest, model })).toBe(promptHash(body))
  expect(promptHash({ ...body, temperature: 1 })).not.toBe(promptHash(body))
})

test.each(['headers', 'Authorization', 'api_key', 'x-api-key', 'apiKey'])(
  '%s is refused',
  (key) => {
    expect(() => promptHash({ ...body, [key]: 'secret' })).toThrow(
      expect.objectContaining({ code: 'invalid_input', path: `/${key}` }),
    )
  },
)

test('text is refused: it hides what it holds', () => {
  expect(() => promptHash(JSON.stringify(body))).toThrow(
    expect.objectContaining({ code: 'invalid_input' }),
  )
})

test('how the answer travels does not matter', () => {
  expect(promptHash({ ...body, stream: true, metadata: { run: '1' } })).toBe(promptHash(body))
})

test.each([
  ['tools', { type: 'mcp', server_url: 'https://mcp.example' }],
  ['mcp_servers', { type: 'url', url: 'https://mcp.example' }],
])('the key of a server that the vendor calls is not covered: %s', (name, server) => {
  const keyed = {
    ...server,
    authorization: 'k',
    authorization_token: 'k',
    headers: { 'x-key': 'k' },
  }

  expect(promptHash({ ...body, [name]: [keyed] })).toBe(promptHash({ ...body, [name]: [server] }))
  expect(promptHash({ ...body, [name]: [server] })).not.toBe(promptHash({ ...body, [name]: [] }))
})

test('what a model reads of a tool of ours is covered, whatever it is called', () => {
  const tool = { type: 'function', name: 'fetch', headers: 'of the answer' }

  expect(promptHash({ ...body, tools: [tool] })).not.toBe(
    promptHash({ ...body, tools: [{ type: 'function', name: 'fetch' }] }),
  )
})
