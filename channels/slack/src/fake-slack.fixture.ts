import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

import { WebSocketServer, type WebSocket } from 'ws'
import { z } from 'zod'

import { slackFaults } from './fake-slack-limits.fixture.ts'

/** A fake of the parts of Slack that this channel uses: its Web API over HTTP, its web sockets, and its limits. */
export interface FakeSlack {
  readonly apiUrl: string
  readonly messages: SentMessage[]
  /** Messages that only one person could see. */
  readonly whispers: { readonly channel: string; readonly user: string; readonly text: string }[]
  readonly views: OpenedView[]
  readonly calls: { readonly method: string; readonly params: Params; readonly token: string }[]
  readonly users: Map<string, object>
  readonly workspace: { team_id: string; enterprise_id?: string }
  /** While set for a method (or `*`), answers its calls. */
  readonly faults: Map<string, () => Answer | Promise<Answer>>
  /** The open web sockets. */
  readonly sockets: Set<WebSocket>
  close(): Promise<void>
}
export interface Answer {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body: object
}
type Params = Readonly<Record<string, unknown>>
const threadSchema = z.object({ thread_ts: z.string() })
interface SentMessage {
  readonly channel: string
  readonly ts: string
  readonly threadTs?: string
  /** Versions of the message, oldest first; people see the last one. */
  readonly versions: MessageVersion[]
}
export interface MessageVersion {
  readonly text: string
  readonly blocks: readonly Block[]
  readonly metadata?: { readonly event_payload: { request_id: string; revision: number } }
}
interface Block {
  readonly type: string
  readonly elements?: readonly { action_id?: string; value?: string; text?: unknown }[]
}
interface OpenedView {
  readonly id: string
  readonly versions: View[]
}
interface View {
  readonly callback_id?: string
  readonly private_metadata?: string
  readonly blocks: readonly { block_id?: string; type: string; element?: object }[]
}

export const botToken = 'xoxb-secret-bot-token'
export const home = 'THOME'

export async function startFakeSlack(): Promise<FakeSlack> {
  let count = 0
  const usedTriggers = new Set<string>()
  const nextTs = (): string => `1767225600.${String(++count).padStart(6, '0')}`
  const sockets = new WebSocketServer({ noServer: true })
  const server = createServer((request, response) => {
    void answer(request).then(({ status = 200, headers, body }) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(JSON.stringify(body))
    })
  })
  server.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (open) => {
      slack.sockets.add(open)
      open.on('close', () => slack.sockets.delete(open))
      open.send(JSON.stringify({ type: 'hello', num_connections: 1 }))
    }),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  const slack: FakeSlack = {
    apiUrl: `http://127.0.0.1:${port}/api/`,
    messages: [],
    whispers: [],
    views: [],
    calls: [],
    users: new Map(),
    workspace: { team_id: home },
    faults: new Map(),
    sockets: new Set(),
    async close() {
      for (const open of slack.sockets) open.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const method = new URL(request.url ?? '', 'http://slack').pathname.replace('/api/', '')
    const params = await paramsOf(request)
    const token = request.headers.authorization?.replace('Bearer ', '') ?? String(params['token'])
    slack.calls.push({ method, params, token })
    const fault = slack.faults.get(method) ?? slack.faults.get('*')
    if (fault) return fault()
    const faults = slackFaults(params['view'] ?? params)
    if (faults.length > 0) return refuse('invalid_blocks', faults)
    return { body: { ok: true, ...methods[method]?.(params) } }
  }

  const methods: Record<string, (params: Params) => object> = {
    'auth.test': () => ({ ...slack.workspace, user_id: 'UBOT', bot_id: 'BBOT' }),
    'apps.connections.open': () => ({ url: `ws://127.0.0.1:${port}/socket` }),
    'users.info': ({ user }) => {
      const known = slack.users.get(String(user))
      return known ? { user: known } : { ok: false, error: 'user_not_found' }
    },
    'chat.postMessage': (params) => {
      const thread = threadSchema.safeParse(params)
      const sent: SentMessage = {
        channel: String(params['channel']),
        ts: nextTs(),
        versions: [versionOf(params)],
        ...(thread.success && { threadTs: thread.data.thread_ts }),
      }
      slack.messages.push(sent)
      return { channel: sent.channel, ts: sent.ts }
    },
    'chat.update': (params) => {
      const sent = slack.messages.find(
        ({ ts, channel }) => ts === params['ts'] && channel === params['channel'],
      )
      if (!sent) return { ok: false, error: 'message_not_found' }
      sent.versions.push(versionOf(params))
      return { channel: sent.channel, ts: sent.ts }
    },
    'chat.postEphemeral': (params) => {
      slack.whispers.push(whisperSchema.parse(params))
      return { message_ts: nextTs() }
    },
    'views.open': ({ trigger_id, view }) => {
      const trigger = String(trigger_id)
      if (usedTriggers.has(trigger)) return { ok: false, error: 'exchanged_trigger_id' }
      usedTriggers.add(trigger)
      const opened = { id: `V${++count}`, versions: [viewSchema.parse(view)] }
      slack.views.push(opened)
      return { view: { id: opened.id } }
    },
    'views.update': ({ view_id, view }) => {
      const opened = slack.views.find(({ id }) => id === view_id)
      if (!opened) return { ok: false, error: 'not_found' }
      opened.versions.push(viewSchema.parse(view))
      return { view: { id: opened.id } }
    },
  }
  return slack
}

export const refuse = (error: string, messages: readonly string[] = []): Answer => ({
  body: { ok: false, error, response_metadata: { messages } },
})

const whisperSchema = z.object({ channel: z.string(), user: z.string(), text: z.string() })
const viewSchema = z.looseObject({
  callback_id: z.string().optional(),
  private_metadata: z.string().optional(),
  blocks: z.array(z.looseObject({ type: z.string() })),
})
const versionSchema = z.object({
  text: z.string(),
  blocks: z.array(z.looseObject({ type: z.string() })).default([]),
  metadata: z
    .object({ event_payload: z.object({ request_id: z.string(), revision: z.int() }) })
    .optional(),
})
const versionOf = (params: Params): MessageVersion => versionSchema.parse(params)

/** Slack's client sends forms whose structured members are JSON. */
async function paramsOf(request: IncomingMessage): Promise<Params> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const form = new URLSearchParams(Buffer.concat(chunks).toString())
  const structured = new Set(['blocks', 'metadata', 'view'])
  return Object.fromEntries(
    [...form].map(([key, value]) => [key, structured.has(key) ? JSON.parse(value) : value]),
  )
}

/** Every text of a block, as sent. */
export function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) =>
    key === 'text' && typeof item === 'string' ? [item] : textsOf(item),
  )
}
