import { sinkEvent } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createKafkaSink } from './kafka-sink.ts'

const event = sinkEvent(1)

test('without a broker an event is to be delivered again, and the error names no server', async () => {
  const sink = createKafkaSink({
    connection: { bootstrapBrokers: ['127.0.0.1:1'] },
    timeoutMs: 2000,
  })

  const error: unknown = await sink
    .publish([event], { signal: new AbortController().signal })
    .catch((fault: unknown) => fault)

  expect(error).toMatchObject({ code: 'unavailable', retryable: true, plugin: 'kafka' })
  expect(JSON.stringify(error)).not.toContain('127.0.0.1')
  expect(error).not.toHaveProperty('cause')
  await sink.close()
})

test('publishing that is aborted before it began rejects with aborted, and nothing connects', async () => {
  const sink = createKafkaSink({ connection: { bootstrapBrokers: ['127.0.0.1:1'] } })

  await expect(sink.publish([event], { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'aborted',
  })
  await sink.close()
})

test('an event whose topic function throws fails alone, with the error of the application', async () => {
  const sink = createKafkaSink({
    connection: { bootstrapBrokers: ['127.0.0.1:1'] },
    timeoutMs: 2000,
    topic({ subject }) {
      if (subject === 'odd') throw new RangeError('no topic')
      return 'loop-events'
    },
  })
  const { signal } = new AbortController()

  // Events that are published during the first send are sent together.
  const [, odd, other] = await Promise.allSettled([
    sink.publish([event], { signal }),
    sink.publish([{ ...event, subject: 'odd' }], { signal }),
    sink.publish([event], { signal }),
  ])

  expect(odd).toMatchObject({ reason: { name: 'RangeError' } })
  expect(other).toMatchObject({ reason: { code: 'unavailable' } })
  await sink.close()
})

test.each([0, Number.NaN, '1000'])('the time limit %j is refused', (timeoutMs) => {
  const connection = { bootstrapBrokers: ['127.0.0.1:1'] }
  expect(() => createKafkaSink({ connection, timeoutMs: timeoutMs as number })).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/timeoutMs' }),
  )
})

test('a misspelt option is refused', () => {
  const connection = { bootstrapBrokers: ['127.0.0.1:1'] }
  const options = { connection, timeout: 100 }
  const secured = { connection: { ...connection, ssl: {} } }

  expect(() => createKafkaSink(options)).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/timeout' }),
  )
  expect(() => createKafkaSink(secured)).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/connection/ssl' }),
  )
})
