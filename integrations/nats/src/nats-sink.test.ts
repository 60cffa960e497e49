import { expect, test } from 'vitest'

import { event } from './event.fixture.ts'
import { createNatsSink } from './nats-sink.ts'

test('without a server an event is to be delivered again, and the error names no server', async () => {
  const sink = createNatsSink({ connection: { servers: ['127.0.0.1:1', '127.0.0.1:2'] } })

  const error: unknown = await sink
    .publish([event], { signal: new AbortController().signal })
    .catch((fault: unknown) => fault)

  expect(error).toMatchObject({ code: 'unavailable', retryable: true, plugin: 'nats' })
  expect(JSON.stringify(error)).not.toContain('127.0.0.1')
  expect(error).not.toHaveProperty('cause')
  await sink.close()
})

test('an abort before it began is an abort', async () => {
  const sink = createNatsSink({ connection: { servers: '127.0.0.1:1' } })

  await expect(sink.publish([event], { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'aborted',
  })
  await sink.close()
})

test.each([0, Number.NaN, '1000'])('the time limit %j is refused', (timeoutMs) => {
  const connection = { servers: '127.0.0.1:1' }
  expect(() => createNatsSink({ connection, timeoutMs: timeoutMs as number })).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/timeoutMs' }),
  )
})
