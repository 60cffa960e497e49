import type { Client } from '@modelcontextprotocol/client'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { alice, call, connectTo, openDesk, payroll, purchase, type Desk } from './desk.fixture.ts'
import { address, body, changes, goodCalls } from './fuzz-input.fixture.ts'
import { createMcpServer, type LoopMcpServer } from './index.ts'

let desk: Desk
let mcp: LoopMcpServer
let client: Client
const touched = new Set<string>()
const actors = new Set<string>()

beforeAll(async () => {
  desk = await openDesk()
  await desk.mcp.close()
  const { engine, approvals, relay } = desk.system
  mcp = createMcpServer({
    system: {
      engine: watched('engine', {
        ...engine,
        transition(input) {
          actors.add(JSON.stringify([input.tenant, input.actor]))
          return engine.transition(input)
        },
      }),
      approvals: watched('approvals', approvals),
      relay: watched('relay', relay),
    },
    loops: [purchase],
    startable: ['purchase'],
    principal: { actor: { type: 'human', id: 'alice' } },
    onError: (error) => desk.errors.push(error),
  })
  client = await connectTo(mcp)
})
beforeEach(() => void desk.errors.splice(0))
afterAll(async () => {
  await mcp.close()
  await desk.close()
})

/** Remembers which methods were used. */
function watched<Target extends object>(name: string, target: Target): Target {
  return new Proxy(target, {
    get(object, key, receiver) {
      if (typeof key === 'string') touched.add(`${name}.${key}`)
      return Reflect.get(object, key, receiver) as unknown
    },
  })
}

const invalidParams = -32_602

test('whatever a client sends, it gets an answer of bounded size, or an error with one of our codes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.keys(goodCalls)), changes, async (name, changed) => {
      const { isError, data } = await call(client, name, { ...goodCalls[name], ...changed })

      expect(JSON.stringify(data).length).toBeLessThan(300_000)
      expect(isError ? data.error.code : 'none').toMatch(/^(?!internal$)[a-z_]+$/)
      expect(JSON.stringify(data)).not.toContain('PAY-1')
    }),
    { numRuns: 1500, seed: 5 },
  )

  expect(desk.errors).toEqual([])
  expect([...actors]).toEqual([
    '["default",{"type":"ai-agent","id":"mcp:human:alice","onBehalfOf":{"type":"human","id":"alice"}}]',
  ])
  expect([...touched].toSorted()).toEqual([
    'approvals.find',
    'approvals.get',
    ...['available', 'find', 'get', 'history', 'start', 'transition'].map((key) => `engine.${key}`),
    'relay.deadLetters',
  ])
  expect(await desk.system.engine.get({ aggregateId: 'PAY-1' })).toMatchObject({
    version: 1,
    loopId: payroll.id,
  })
})

test('whatever address or prompt a client asks for, it gets an answer or a proper error', async () => {
  await fc.assert(
    fc.asyncProperty(address, async (uri) => {
      const read = client.readResource({ uri })
      const asked = client.getPrompt({
        name: 'what_may_i_do_next',
        arguments: { aggregateId: uri },
      })

      const outcomes = await Promise.allSettled([read, asked])
      const refused = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [(outcome.reason as { code?: unknown }).code] : [],
      )

      expect(refused.filter((code) => code !== invalidParams)).toEqual([])
    }),
    { numRuns: 200, seed: 5 },
  )
  expect(desk.errors).toEqual([])
})

test('whatever body is posted, the server answers or refuses, and never fails', async () => {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  }
  await fc.assert(
    fc.asyncProperty(body, async (sent) => {
      const request = new Request('http://localhost/mcp', { method: 'POST', headers, body: sent })
      const response = await mcp.handle(request, { principal: { actor: alice } })

      expect(response.status).toBeLessThan(500)
      await response.text()
    }),
    { numRuns: 500, seed: 5 },
  )
})

test('each key is done once, however often and in whatever order requests are sent', async () => {
  const engine = desk.system.engine
  let runs = 0
  const keys = ['quote-it', 'order-it', 'audit-it']
  const transitions = ['quote', 'order', 'audit']
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 8 }), async (sent) => {
      const aggregateId = `FUZZ-${++runs}`
      await engine.start({ loopId: 'purchase', aggregateId, actor: { type: 'system', id: 's' } })

      const seen = new Map<number, string>()
      for (const which of sent) {
        const { data } = await call(client, 'request_transition', {
          aggregateId,
          transitionId: transitions[which],
          evidence: { amount: 5 },
          idempotencyKey: `${aggregateId}-${keys[which]}`,
        })
        expect(seen.get(which) ?? data.status).toBe(data.status)
        expect(data.replayed === true).toBe(seen.has(which))
        seen.set(which, data.status)
      }

      const history = await Array.fromAsync(engine.history({ aggregateId }))
      expect(history).toHaveLength(1 + seen.size)
    }),
    { numRuns: 40, seed: 5 },
  )
})
