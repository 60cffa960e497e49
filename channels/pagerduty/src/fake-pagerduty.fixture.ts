import { createHmac } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Agent, createServer } from 'node:https'
import type { AddressInfo } from 'node:net'

import { answerTo, takeEvent, type FakePagerDuty } from './fake-answers.fixture.ts'

export const botEmail = 'loop-engine@acme.example'
export const webhookSecret = 'webhook-secret-of-the-tests'
export const webhookUrl = 'https://loops.example/webhooks/pagerduty'
const psk = Buffer.from('1f'.repeat(32), 'hex')
const ciphers = 'PSK-AES256-GCM-SHA384'

/** A fake PagerDuty with its wire formats over TLS, with a pre-shared key in place of certificates. */
export async function startFakePagerDuty(now: () => number = Date.now): Promise<FakePagerDuty> {
  const server = createServer(
    { pskCallback: () => psk, ciphers, maxVersion: 'TLSv1.2' },
    (request, response) => void serve(request, response),
  )
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (fake.isDown) return void request.socket.destroy()
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const url = new URL(request.url ?? '/', 'https://fake')
    const text = Buffer.concat(chunks).toString()
    const call = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    }
    fake.calls.push(call)
    const fault = fake.faults.find(({ match, answers }) => match.test(call.path) && answers.length)
    const { status, body, headers } = fault?.answers.shift() ?? answerTo(fake, call)
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const agent = new Agent({
    pskCallback: () => ({ psk, identity: 'tests' }),
    ciphers,
    maxVersion: 'TLSv1.2',
    checkServerIdentity: () => undefined,
  } as ConstructorParameters<typeof Agent>[0]) // Node passes all of it on to `tls.connect`
  const fake: FakePagerDuty = {
    hosts: { api: host, events: host },
    agent,
    incidents: [],
    users: new Map([['PBOT', { email: botEmail }]]),
    onCall: [],
    calls: [],
    faults: [],
    isDown: false,
    now,
    take: (event) => takeEvent(fake, event),
    write(incident, userId, content, noteId) {
      const known = incident.notes.find(({ id }) => id === noteId)
      if (known) return known
      const created_at = new Date(fake.now()).toISOString()
      const note = { id: noteId, content, user: { id: userId }, created_at }
      incident.notes.push(note)
      return note
    },
    webhook(event, secrets = [webhookSecret]) {
      const body = JSON.stringify({ event })
      return new Request(webhookUrl, {
        method: 'POST',
        body,
        headers: { 'x-pagerduty-signature': signature(body, secrets) },
      })
    },
    async close() {
      agent.destroy()
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
  return fake
}

export function signature(body: string, secrets: readonly string[]): string {
  return secrets
    .map((secret) => `v1=${createHmac('sha256', secret).update(body).digest('hex')}`)
    .join(',')
}
