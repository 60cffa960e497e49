import { expect, test } from 'vitest'
import { z } from 'zod'

import { createModelProvider } from '../index.ts'
import { openQuestion } from '../open-question.fixture.ts'

const ask = (send: () => Promise<never>, options: object = {}, signal?: AbortSignal) =>
  createModelProvider(
    { name: 'acme', model: 'acme-1', readFault: () => undefined, send },
    options,
  ).createSubmission(openQuestion, signal && { signal })

test.each([
  [
    'a cut connection',
    new TypeError('terminated', { cause: new Error('ECONNRESET') }),
    'unavailable',
    true,
  ],
  [
    'a body that is no JSON',
    new SyntaxError('Unexpected token in "sk-secret"'),
    'bad_response',
    true,
  ],
  ['an answer of another shape', new z.ZodError([]), 'bad_response', true],
  ['a time limit of the SDK', new DOMException('sk-secret', 'TimeoutError'), 'timeout', true],
  [
    'a key that is no header',
    new TypeError('"sk-secret" is an invalid header value.'),
    'unavailable',
    false,
  ],
])('%s is a typed error without its text', async (_, thrown, code, retryable) => {
  const error: unknown = await ask(() => Promise.reject(thrown)).catch((caught: unknown) => caught)

  expect(error).toMatchObject({ code, retryable, plugin: 'acme' })
  expect(`${JSON.stringify(error)} ${String(error)}`).not.toContain('sk-secret')
  expect(error).not.toHaveProperty('cause')
})

test('a vendor that does not listen is left at once', async () => {
  const deaf = () => new Promise<never>(() => {})
  const controller = new AbortController()
  const asked = ask(deaf, {}, controller.signal)
  controller.abort()

  await expect(asked).rejects.toMatchObject({ code: 'aborted' })
  await expect(ask(deaf, { timeoutMs: 1 })).rejects.toMatchObject({ code: 'timeout' })
})
