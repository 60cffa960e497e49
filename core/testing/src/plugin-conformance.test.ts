import { createHmac, timingSafeEqual } from 'node:crypto'

import {
  decisionIntakeSchema,
  digestOf,
  LoopError,
  type ApprovalRequest,
  type Channel,
  type CloudEvent,
  type LoopErrorCode,
  type Provider,
} from '@loop-engine/core'
import { beforeEach } from 'vitest'

import { channelConformance } from './channel-conformance.ts'
import { integrationConformance } from './integration-conformance.ts'
import { providerConformance } from './provider-conformance.ts'
import { sinkConformance } from './sink-conformance.ts'

/** The smallest plugins that keep their contracts: the suites are shown to accept something. */

const failing = (code: LoopErrorCode, retryable: boolean) => (): Provider => ({
  ...scripted(),
  createSubmission: async () => {
    throw new LoopError(code, 'The model did not decide.', { retryable, plugin: 'scripted' })
  },
})

function scripted(): Provider {
  return {
    contract: 'provider/v1',
    name: 'scripted',
    model: 'script-1',
    async createSubmission(context, { signal } = {}) {
      if (signal?.aborted)
        throw new LoopError('aborted', 'The call was aborted.', { plugin: 'scripted' })
      return {
        actor: {
          type: 'ai-agent',
          id: 'agent:scripted',
          provider: 'scripted',
          modelId: 'script-1',
          promptHash: digestOf(context),
          responseId: null,
        },
        signal: 'approve',
        decision: { approve: true },
      }
    },
  }
}

providerConformance({
  name: 'a scripted provider',
  decides: scripted,
  failures: {
    refusal: failing('refused', false),
    truncated: failing('truncated', false),
    content_filter: failing('content_filtered', false),
    not_json: failing('bad_response', true),
    wrong_signal: failing('bad_response', true),
    rate_limit: failing('rate_limited', true),
    timeout: failing('timeout', true),
    server_error: failing('unavailable', true),
  },
  missing: ['auth'],
  secrets: ['sk-test'],
})

let messages: string[] = []
beforeEach(() => {
  messages = []
})

const secret = 'channel secret'
const sign = (at: number, body: string): string =>
  createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')

function createWebhookChannel(
  intake: (decision: ReturnType<typeof decisionIntakeSchema.parse>) => Promise<unknown>,
): Channel {
  return {
    contract: 'channel/v1',
    name: 'webhook',
    async notify(request, view) {
      const fields = view.fields.map(({ label, value }) => `${label} ${JSON.stringify(value)}`)
      messages.push(
        `${view.requester.id}: ${view.transition.id} on ${request.aggregateId}`,
        ...fields,
      )
      return { message: messages.length }
    },
    async handle(request) {
      if (request.method !== 'POST') return new Response(null, { status: 405 })
      const at = Number(request.headers.get('x-at'))
      const body = await request.text()
      const given = Buffer.from(request.headers.get('x-signature') ?? '', 'hex')
      const right = Buffer.from(sign(at, body), 'hex')
      const authentic =
        given.length === right.length &&
        timingSafeEqual(given, right) &&
        Math.abs(Date.now() - at) < 300_000
      if (!authentic) return new Response(null, { status: 401 })
      await intake(decisionIntakeSchema.parse(JSON.parse(body)))
      return new Response(null, { status: 204 })
    },
  }
}

function click(request: ApprovalRequest, decision: string, deliveryId: string): string {
  return JSON.stringify({
    tenant: request.tenant,
    requestId: request.id,
    revision: request.revision,
    viewHash: request.viewHash,
    decision,
    reviewer: { type: 'human', id: 'alice' },
    assurance: { method: 'webhook' },
    idempotencyKey: deliveryId,
  })
}

function post(body: string, at: number, signature: string): Request {
  return new Request('https://channel.example/decisions', {
    method: 'POST',
    body,
    headers: { 'x-at': String(at), 'x-signature': signature },
  })
}

channelConformance({
  name: 'a webhook channel',
  create: createWebhookChannel,
  sent: () => messages,
  inbound: {
    genuine(request, decision, deliveryId) {
      const body = click(request, decision, deliveryId)
      const at = Date.now()
      return post(body, at, sign(at, body))
    },
    forged(request) {
      const body = click(request, 'approve', 'delivery-9')
      const now = Date.now()
      const stale = now - 600_000
      const early = now + 600_000
      return [
        post(body, now, ''),
        post(body, now, '00'),
        post(`${body} `, now, sign(now, body)),
        post(body, stale, sign(stale, body)),
        post(body, early, sign(early, body)),
      ]
    },
  },
})

let filed = new Map<string, unknown>()
integrationConformance({
  name: 'a table of tickets',
  create: () => {
    filed = new Map()
    return {
      contract: 'integration/v1',
      name: 'tickets',
      actions: {
        file: {
          input: {
            parse(value) {
              if (typeof value !== 'object' || value === null || !('title' in value))
                throw new LoopError('invalid_input', 'A ticket needs a title.', { path: '/title' })
              return value
            },
          },
          run: async (input, { idempotencyKey }) => {
            if (!filed.has(idempotencyKey)) filed.set(idempotencyKey, input)
            return { filed: true }
          },
        },
      },
    }
  },
  actions: { file: { input: { title: 'Leak' }, bad: [null, {}, 'text'], idempotent: true } },
  acted: () => filed.size,
})

let received: string[] = []
let broken = false
sinkConformance({
  name: 'an array',
  create: () => {
    received = []
    broken = false
    return {
      contract: 'sink/v1',
      name: 'array',
      async publish(events: readonly CloudEvent[]) {
        if (broken) throw new LoopError('unavailable', 'The array is away.', { retryable: true })
        received.push(...events.map(({ id }) => id))
      },
    }
  },
  received: () => received,
  fail: () => {
    broken = true
  },
})
