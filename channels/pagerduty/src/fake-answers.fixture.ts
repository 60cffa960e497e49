import type { Agent } from 'node:https'

interface FakeNote {
  id: string
  content: string
  user: { id: string }
  created_at: string
}
export interface FakeIncident {
  id: string
  key: string
  status: 'triggered' | 'resolved'
  summary: string
  alerts: { alert_key: string; body: unknown }[]
  notes: FakeNote[]
  links: { href: string }[]
}
export interface FakeCall {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Record<string, unknown>
  readonly body: Record<string, unknown>
}
export interface FakeAnswer {
  readonly status: number
  readonly body?: string | object
  readonly headers?: Record<string, string>
}
export interface FakePagerDuty {
  readonly hosts: { readonly api: string; readonly events: string }
  readonly agent: Agent
  readonly incidents: FakeIncident[]
  readonly users: Map<string, { email: string; invitation_sent?: boolean }>
  readonly onCall: {
    user: { id: string }
    escalation_policy: { id: string }
    escalation_level: number
  }[]
  readonly calls: FakeCall[]
  /** Answers to the next calls with a matching path, in place of the right answers. */
  readonly faults: { match: RegExp; answers: FakeAnswer[] }[]
  isDown: boolean
  now: () => number
  /** Takes an event as the Events API does. */
  take(event: Record<string, unknown>): void
  /** Writes a note as a person. The caller chooses the id, so that a delivery can be repeated. */
  write(incident: FakeIncident, userId: string, content: string, noteId: string): FakeNote
  webhook(event: object, secrets?: readonly string[]): Request
  close(): Promise<void>
}

export const token = 'rest-key-of-the-tests'
export const routingKey = 'R0123456789ABCDEF0123456789ABCDE'

/** Keeps one open alert for each key; after its end a new one may open. */
export function takeEvent(fake: FakePagerDuty, event: Record<string, unknown>): void {
  const key = event['dedup_key'] as string
  const open = fake.incidents.find((one) => one.key === key && one.status === 'triggered')
  if (event['event_action'] === 'resolve') {
    if (open) open.status = 'resolved'
    return
  }
  if (open) return
  const { summary, custom_details: details } = event['payload'] as Record<string, unknown>
  fake.incidents.push({
    id: `PINC${fake.incidents.length + 1}`,
    key,
    status: 'triggered',
    summary: summary as string,
    alerts: [{ alert_key: key, body: { type: 'alert_body', contexts: [], details } }],
    notes: [],
    links: (event['links'] as FakeIncident['links'] | undefined) ?? [],
  })
}

export function answerTo(fake: FakePagerDuty, call: FakeCall): FakeAnswer {
  const { method, path, query, body, headers } = call
  if (method === 'POST' && path === '/v2/enqueue') {
    if (body['routing_key'] !== routingKey)
      return { status: 400, body: { status: 'invalid event' } }
    fake.take(body)
    return { status: 202, body: { status: 'success', dedup_key: body['dedup_key'] } }
  }
  if (headers['authorization'] !== `Token token=${token}`)
    return {
      status: 401,
      body: { error: { code: 2006, message: 'You cannot perform this action.' } },
    }
  const [, kind = '', id = '', part = ''] = path.split('/')
  const missing = { status: 404, body: { error: { code: 2100, message: 'Not Found' } } }
  if (kind === 'users') {
    const user = fake.users.get(id)
    return user ? { status: 200, body: { user: { id, type: 'user', ...user } } } : missing
  }
  if (kind === 'oncalls') {
    const [users, policies] = [query.getAll('user_ids[]'), query.getAll('escalation_policy_ids[]')]
    const oncalls = fake.onCall.filter(
      (one) => users.includes(one.user.id) && policies.includes(one.escalation_policy.id),
    )
    return { status: 200, body: { oncalls } }
  }
  if (kind === 'incidents' && id === '') {
    const found = fake.incidents.filter(({ key }) => key === query.get('incident_key'))
    return { status: 200, body: { incidents: found.toReversed().slice(0, 1) } }
  }
  const incident = fake.incidents.find((one) => one.id === id)
  if (kind !== 'incidents' || !incident) return missing
  if (part === 'alerts') {
    const [limit, offset] = [Number(query.get('limit')), Number(query.get('offset'))]
    const alerts = incident.alerts.slice(offset, offset + limit)
    return { status: 200, body: { alerts, more: offset + limit < incident.alerts.length } }
  }
  if (part === 'notes' && method === 'GET') return { status: 200, body: { notes: incident.notes } }
  if (part === 'notes') {
    const author = [...fake.users].find(([, { email }]) => email === headers['from'])
    if (!author)
      return { status: 400, body: { error: { code: 2001, message: 'Requester User Not Found' } } }
    const { content } = body['note'] as { content: string }
    return {
      status: 201,
      body: {
        note: fake.write(incident, author[0], content, `PN${incident.id}${incident.notes.length}`),
      },
    }
  }
  return { status: 200, body: { incident: { id, escalation_policy: { id: 'PPOLICY' } } } }
}
