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
