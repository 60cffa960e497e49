import { createOpenTelemetry } from '@loop-engine/integration-opentelemetry'
import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { createTestServer, type TestServer } from './server.fixture.ts'

const exporter = new InMemorySpanExporter()
let server: TestServer
let key: string

beforeAll(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const tracerProvider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  })
  server = await createTestServer({
    telemetry: createOpenTelemetry({ tracerProvider }),
    relay: false,
  })
  key = server.key()
})
beforeEach(() => exporter.reset())
afterAll(async () => {
  await server.close()
  context.disable()
})

test('a request is a span under its route; the record and the answer name its trace', async () => {
  const secret = 'order-of-hunter2'
  const { headers } = await server.start(secret, key)
  const { body } = await server.call('GET', `/api/v1/instances/${secret}/history`, { key })
  const spans = exporter.getFinishedSpans()
  const request = spans.find(({ name }) => name === 'POST /api/v1/instances')
  const start = spans.find(({ name }) => name === 'loop.start refund')
  const { traceId = '', spanId = '' } = request?.spanContext() ?? {}

  expect(start?.parentSpanContext?.spanId).toBe(spanId)
  expect(body.items[0].entry.traceparent).toBe(`00-${traceId}-${spanId}-01`)
  expect(headers.get('traceparent')).toMatch(new RegExp(`^00-${traceId}-`))
  expect(spans.map(({ name }) => name)).toContain('GET /api/v1/instances/{aggregateId}/history')
  // A path may hold a token or a name, so the business key stands only in its own attribute.
  const requests = spans.filter(({ attributes }) => 'http.request.method' in attributes)
  expect(requests).toHaveLength(2)
  expect(JSON.stringify(requests.map(({ name, attributes }) => [name, attributes]))).not.toContain(
    secret,
  )
})

test('the span of a traced caller is the parent', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await server.call('GET', '/api/v1/approvals', { key, headers: { traceparent } })
  const [span] = exporter.getFinishedSpans()
  expect(span?.spanContext().traceId).toBe('0af7651916cd43dd8448eb211c80319c')
  expect(span?.parentSpanContext?.spanId).toBe('b7ad6b7169203331')
})

test('an approval request does not show its trace', async () => {
  await server.waiting('waits', key)
  const { body } = await server.call('GET', '/api/v1/approvals', { key })
  expect(body.items).toHaveLength(1)
  expect(body.items[0]).not.toHaveProperty('trace')
})
