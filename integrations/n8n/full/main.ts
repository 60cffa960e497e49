import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import { createMemoryStore } from '@loop-engine/sdk'
import { createLogger, createLoopServer } from '@loop-engine/server'

import { loops } from '../test/loops.fixture.ts'
import { logIn } from '../test/people.fixture.ts'
import { serve } from '../test/serve.fixture.ts'
import { installN8n, openN8n } from './n8n-process.ts'
import { refundWorkflow } from './refund-workflow.ts'
import { retry, say } from './say.ts'

/**
 * Runs the template `approve-a-refund` in a complete n8n that is killed while it waits: asks for a refund by n8n's
 * webhook, kills n8n, starts it again, approves as a person, and waits for the node behind Approved. Exits with 1 if
 * that does not run.
 */
const home = mkdtempSync(join(tmpdir(), 'n8n-full-'))
const port = Number(process.env['N8N_PORT'] ?? 5688)
const signingSecret = `whsec_${Buffer.alloc(32, 'full-n8n').toString('base64')}`
const folder = installN8n()

const paid: unknown[] = []
const bank = await serve((request, response) => {
  void text(request).then((body) => {
    paid.push(JSON.parse(body))
    response.end('{}')
  })
})

const server = await createLoopServer({
  loops,
  store: createMemoryStore(),
  logger: createLogger({ level: 'warn' }),
  callbacks: {
    origins: [`http://127.0.0.1:${port}`],
    secrets: [signingSecret],
    allow: ['127.0.0.0/8'],
  },
})
const { url } = await server.listen({ port: 0 })
const { secret } = server.keys.create({
  tenant: 'default',
  name: 'n8n',
  actor: { type: 'automation', id: 'n8n' },
  scopes: ['read', 'run'],
  createdBy: 'full-n8n',
})

const n8n = openN8n({ folder, home, port })
try {
  n8n.installNodes()
  n8n.importCredential({ url, apiKey: secret, signingSecret })
  n8n.importWorkflow(refundWorkflow(`${bank.url}/pay`))
  await n8n.start()
  say('n8n is up; a refund is asked for.')
  await retry('the webhook', async () => {
    const { status } = await fetch(`http://127.0.0.1:${port}/webhook/refunds`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ order: 'order-1', amount: 20 }),
    })
    return status === 200
  })
  const request = await retry('the approval request', async () => (await pending())[0])
  say(`Request ${request.id} waits. n8n is killed, and started again.`)
  await n8n.kill()
  await n8n.start()
  const decided = await decide(request)
  say(`Alice approves: ${decided}.`)
  await retry('the node behind Approved', async () => paid.length > 0)
  say(`n8n went on at Approved: ${JSON.stringify(paid)}`)
  if (paid.length !== 1) throw new Error('It ran more than once.')
} finally {
  await n8n.kill()
  await server.close({ drainMs: 100 })
  await bank.close()
  rmSync(home, { recursive: true, force: true })
}

interface Waiting {
  readonly id: string
  readonly revision: number
  readonly viewHash: string
}

async function pending(): Promise<readonly Waiting[]> {
  const headers = { authorization: `Bearer ${secret}` }
  const answer = await fetch(`${url}/api/v1/approvals?status=pending`, { headers })
  return ((await answer.json()) as { items: Waiting[] }).items
}

/** Logs in and decides as the console does. */
async function decide({ id, ...seen }: Waiting): Promise<number> {
  const cookie = await logIn(server, url)
  const { revision, viewHash } = seen
  const answer = await fetch(`${url}/api/v1/approvals/${encodeURIComponent(id)}/decisions`, {
    method: 'POST',
    headers: { cookie, origin: url, 'content-type': 'application/json' },
    body: JSON.stringify({ decision: 'approve', revision, viewHash }),
  })
  return answer.status
}
