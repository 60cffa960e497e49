import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { z } from 'zod'

import { createOpenTelemetry } from './open-telemetry.ts'
import { agent, openDesk } from './refund-desk.fixture.ts'
import { withContexts } from './watched.fixture.ts'

withContexts()

const requestSchema = z.object({
  resourceSpans: z.array(
    z.object({
      scopeSpans: z.array(
        z.object({
          scope: z.object({ name: z.string() }),
          spans: z.array(
            z.object({
              name: z.string(),
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              status: z.object({ code: z.number() }),
              attributes: z.array(z.object({ key: z.string(), value: z.looseObject({}) })),
            }),
          ),
        }),
      ),
    }),
  ),
})

/** A collector that accepts OTLP over HTTP. */
async function startCollector() {
  const bodies: unknown[] = []
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      bodies.push({ path: request.url, body })
      return response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1/traces`,
    scopes: () =>
      bodies.flatMap((body) =>
        z
          .object({ path: z.literal('/v1/traces'), body: requestSchema })
          .parse(body)
          .body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans),
      ),
    close: () => new Promise((resolve) => void server.close(resolve)),
  }
}

test('a collector receives all spans of a refund, from the request to the bank', async () => {
  const collector = await startCollector()
  const exporter = new OTLPTraceExporter({ url: collector.url })
  const tracerProvider = new TracerProvider({
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  })
  const { engine, relay, close } = await openDesk({
    telemetry: createOpenTelemetry({ tracerProvider }),
  })
  await engine.start({ loopId: 'refund', aggregateId: 'order-7', actor: agent })
  await engine.transition({
    aggregateId: 'order-7',
    transitionId: 'pay',
    actor: agent,
    evidence: { amount: 5 },
  })
  await relay.drain()
  await close()
  await tracerProvider.shutdown()
  await collector.close()

  const scopes = collector.scopes()
  expect(new Set(scopes.map(({ scope }) => scope.name))).toEqual(
    new Set(['@loop-engine/integration-opentelemetry']),
  )
  const spans = scopes.flatMap((scope) => scope.spans)
  const named = new Map(spans.map((span) => [span.name, span]))
  const transition = named.get('loop.transition refund pay')
  expect(named.get('loop.guard within-limit')?.parentSpanId).toBe(transition?.spanId)
  const effect = named.get('loop.effect payments.refund')
  expect([effect?.traceId, effect?.parentSpanId]).toEqual([transition?.traceId, transition?.spanId])
  expect(transition?.attributes).toContainEqual({
    key: 'loop_engine.outcome',
    value: { stringValue: 'executed' },
  })
  expect(spans.map(({ status }) => status.code)).toEqual(spans.map(() => 0))
})
