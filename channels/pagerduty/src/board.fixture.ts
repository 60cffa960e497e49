import type { Channel } from '@loop-engine/core'
import { createTestClock, type TestClock } from '@loop-engine/testing'

import { routingKey, token, type FakeIncident, type FakePagerDuty } from './fake-answers.fixture.ts'
import { botEmail, startFakePagerDuty, webhookSecret } from './fake-pagerduty.fixture.ts'
import { createPagerDutyChannel, createPdjsTransport, type PagerDutyOptions } from './index.ts'

export const secret = 'a secret of at least thirty-two bytes'

/** Options of a channel that reaches the fake through the real pdjs. */
export function optionsFor(
  fake: FakePagerDuty,
  options: Partial<PagerDutyOptions>,
): PagerDutyOptions {
  return {
    transport: createPdjsTransport({ token, hosts: fake.hosts, agent: fake.agent }),
    routingKey,
    from: botEmail,
    webhookSecrets: [webhookSecret],
    secrets: [secret],
    people: { by: 'email', principalOf: (email) => email.split('@')[0] ?? null },
    decide: async () => ({ status: 'recorded' }),
    ...options,
  }
}

/** The code that an incident shows. */
export function codeOf(incident: FakeIncident): string {
  return /reject ([0-9A-Z]{4}-[0-9A-Z]{4})/.exec(JSON.stringify(incident.alerts))?.[1] ?? ''
}

/** An incident that this channel did not open. */
export function foreignIncident(id: string, change: Partial<FakeIncident> = {}): FakeIncident {
  const nothing = { summary: '', alerts: [], notes: [], links: [] }
  return { id, key: 'db', status: 'triggered', ...nothing, ...change }
}

export interface NoteChange {
  readonly user?: string
  readonly agent?: object | null
  readonly id?: string
  readonly event?: object
  readonly data?: object
  readonly secrets?: readonly string[]
}

/** The webhook for a note. */
export function noteRequest(
  fake: FakePagerDuty,
  incident: FakeIncident,
  content: string,
  {
    user = 'PALICE',
    agent,
    id = `N${incident.notes.length}`,
    event,
    data,
    secrets,
  }: NoteChange = {},
): Request {
  const note = fake.write(incident, user, content, id)
  return fake.webhook(
    {
      id: `event-of-${id}`,
      event_type: 'incident.annotated',
      resource_type: 'incident',
      occurred_at: new Date(fake.now()).toISOString(),
      agent: agent === undefined ? personOf(user) : agent,
      client: null,
      data: {
        incident: { id: incident.id, type: 'incident_reference' },
        id: note.id,
        content: note.content,
        trimmed: false,
        type: 'incident_note',
        ...data,
      },
      ...event,
    },
    secrets,
  )
}

/** The webhook for a change of an incident. */
export function incidentRequest(
  fake: FakePagerDuty,
  incidentId: string,
  kind: 'acknowledged' | 'resolved' | 'triggered',
  {
    agent = personOf('PALICE'),
    id = 'event-1',
    data = {} as object,
  }: { agent?: object | null; id?: string; data?: object } = {},
): Request {
  return fake.webhook({
    id,
    event_type: `incident.${kind}`,
    resource_type: 'incident',
    occurred_at: new Date(fake.now()).toISOString(),
    agent,
    data: { id: incidentId, type: 'incident', resolve_reason: null, ...data },
  })
}

function personOf(id: string): object {
  return {
    id,
    type: 'user_reference',
    html_url: `https://acme.pagerduty.com/users/${id}`,
    summary: 'Boss',
  }
}

export function ourNotes({ notes }: FakeIncident): string[] {
  return notes.filter(({ user }) => user.id === 'PBOT').map(({ content }) => content)
}

export interface Board {
  readonly fake: FakePagerDuty
  readonly clock: TestClock
  readonly channel: Channel
  readonly handle: (request: Request) => Promise<Response>
}

/** A fake PagerDuty with a channel, for one test. */
export async function withBoard(
  options: Partial<PagerDutyOptions>,
  walk: (board: Board) => Promise<void>,
): Promise<void> {
  const clock = createTestClock()
  const fake = await startFakePagerDuty(() => clock.now())
  for (const name of ['alice', 'bob', 'mallory'])
    fake.users.set(`P${name.toUpperCase()}`, { email: `${name}@acme.example` })
  const channel = createPagerDutyChannel(optionsFor(fake, { clock, ...options }))
  const handle = async (request: Request): Promise<Response> => {
    const response = await channel.handle?.(request)
    if (!response) throw new Error('the channel has no inbound side')
    return response
  }
  try {
    await walk({ fake, clock, channel, handle })
  } finally {
    await fake.close()
  }
}
