import { promptHash } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { promptOfParams } from './prompt-of-params.ts'

const bytes = new Uint8Array([137, 80, 78, 71, 13, 10])
const base64 = Buffer.from(bytes).toString('base64')
const withFile = (data: unknown) => ({
  prompt: [{ role: 'user', content: [{ type: 'file', mediaType: 'image/png', data }] }],
})
const hash = (params: object): string => promptHash(promptOfParams('m', params))

test('a picture has the same hash however and in whichever major it is handed in', () => {
  const forms = [
    bytes,
    base64,
    `data:image/png;base64,${base64}`,
    new URL(`data:image/png;base64,${base64}`),
    { type: 'data', data: bytes },
    { type: 'data', data: base64 },
    { type: 'url', url: new URL(`data:image/png;base64,${base64}`) },
    bytes.buffer,
  ]

  expect(new Set(forms.map((data) => hash(withFile(data)))).size).toBe(1)
  expect(hash(withFile(new Uint8Array([1])))).not.toBe(hash(withFile(bytes)))
  expect(JSON.stringify(promptOfParams('m', withFile(bytes)))).not.toContain(base64)
})

test('a value that JSON does not have gets a fixed form', () => {
  const { prompt } = promptOfParams('m', {
    prompt: [new Date(0), 1n, Number.NaN, null, () => 1, { at: new URL('https://a.example/b') }],
  })

  expect(prompt).toEqual([
    '1970-01-01T00:00:00.000Z',
    '1',
    null,
    null,
    null,
    { at: { url: 'https://a.example/b' } },
  ])
  expect(hash(withFile(new URL('https://a.example/b')))).not.toBe(hash(withFile(bytes)))
  expect(hash(withFile({ type: 'reference', id: 'file-1' }))).not.toBe(hash(withFile(bytes)))
})

test('headers, signals and keys do not change the hash; everything that the model reads does', () => {
  const params = {
    prompt: [{ role: 'system', content: 'Be kind.' }],
    temperature: 0,
    providerOptions: { openai: { reasoningEffort: 'low', apiKey: 'sk-1' } },
    tools: [{ type: 'provider', id: 'openai.mcp', name: 'mcp', args: { serverUrl: 'https://m' } }],
  }
  const withSecrets = {
    ...params,
    headers: { authorization: 'Bearer 1' },
    abortSignal: AbortSignal.abort(),
    topP: undefined,
    providerOptions: { openai: { reasoningEffort: 'low', api_key: 'sk-2' }, gateway: undefined },
    tools: [
      {
        type: 'provider',
        id: 'openai.mcp',
        name: 'mcp',
        args: { serverUrl: 'https://m', headers: { authorization: 'Bearer 2' } },
      },
    ],
  }

  expect(hash(withSecrets)).toBe(hash(params))
  expect(promptHash(promptOfParams('n', params))).not.toBe(hash(params))
  for (const change of [
    { prompt: [{ role: 'system', content: 'Be strict.' }] },
    { temperature: 1 },
    { tools: [] },
    { responseFormat: { type: 'json' } },
    { providerOptions: { openai: { reasoningEffort: 'high' } } },
    { toolChoice: { type: 'none' } },
    { maxOutputTokens: 1 },
    { topP: 1 },
    { topK: 1 },
    { presencePenalty: 1 },
    { frequencyPenalty: 1 },
    { stopSequences: ['.'] },
    { seed: 1 },
    { reasoning: 'high' },
  ]) {
    expect(hash({ ...params, ...change })).not.toBe(hash(params))
  }
})

test('a field named token in the input of a tool is kept, because prompts are not searched for keys', () => {
  const asking = (token: string) => ({
    prompt: [
      {
        role: 'assistant',
        content: [{ type: 'tool-call', toolCallId: 'c', toolName: 't', input: { token } }],
      },
    ],
  })

  expect(hash(asking('a'))).not.toBe(hash(asking('b')))
})

test('text that was cut within a character does not stop a call, but a cycle is refused', () => {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle

  expect(hash({ prompt: [{ role: 'system', content: '\ud83d' }] })).toMatch(/^[0-9a-f]{64}$/)
  expect(() => promptOfParams('m', { providerOptions: cycle })).toThrow(
    expect.objectContaining({ code: 'invalid_input' }),
  )
})

test.each(['data:text/plain,100%', 'data:application/octet-stream,%ff'])(
  'a file at the address %s, which is not well-formed, does not stop a call',
  (data) => {
    expect(hash(withFile(data))).toMatch(/^[0-9a-f]{64}$/)
    expect(hash(withFile(data))).not.toBe(hash(withFile('data:,other%')))
  },
)
