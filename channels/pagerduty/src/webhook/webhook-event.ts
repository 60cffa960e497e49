import { z } from 'zod'

/** Who caused an event, as PagerDuty signed it. */
export interface WebhookAgent {
  readonly id: string
  readonly isPerson: boolean
  /** The account's address, such as `https://acme.pagerduty.com`. */
  readonly account?: string
}

interface EventBase {
  readonly id: string
  /** Epoch milliseconds; NaN if the time cannot be read. */
  readonly at: number
  readonly incidentId: string
  /** Absent if the event names nobody. */
  readonly agent?: WebhookAgent
}

export type WebhookEvent =
  | (EventBase & {
      readonly kind: 'note'
      readonly note: { readonly id: string; readonly content: string; readonly isTrimmed: boolean }
    })
  | (EventBase & { readonly kind: 'acknowledged' })
  | (EventBase & { readonly kind: 'resolved'; readonly isMerge: boolean })
  /** An authentic event of a kind that this channel ignores. */
  | { readonly kind: 'other' }

const id = z.string().min(1).max(128)
const agentSchema = z.object({
  id,
  type: z.string(),
  html_url: z.string().nullish(),
})
const eventSchema = z.object({
  event: z.object({
    id,
    event_type: z.string(),
    occurred_at: z.string(),
    agent: agentSchema.nullish(),
    data: z.unknown(),
  }),
})
const noteSchema = z.object({
  id,
  content: z.string().nullish(),
  trimmed: z.boolean().nullish(),
  incident: z.object({ id }),
})
const incidentSchema = z.object({
  id,
  resolve_reason: z.object({ type: z.string() }).nullish().catch(null),
})

/** Reads the body of a V3 webhook; null if it is none. Only the fields that are used are checked. */
export function readWebhookEvent(bytes: Uint8Array): WebhookEvent | null {
  const read = eventSchema.safeParse(parse(bytes))
  if (!read.success) return null
  const { event } = read.data
  const base = {
    id: event.id,
    at: Date.parse(event.occurred_at),
    ...(event.agent && { agent: agentOf(event.agent) }),
  }
  switch (event.event_type) {
    case 'incident.annotated': {
      const note = noteSchema.safeParse(event.data)
      if (!note.success) return null
      const { incident, content, trimmed } = note.data
      return {
        kind: 'note',
        ...base,
        incidentId: incident.id,
        note: { id: note.data.id, content: content ?? '', isTrimmed: trimmed === true },
      }
    }
    case 'incident.acknowledged':
    case 'incident.resolved': {
      const incident = incidentSchema.safeParse(event.data)
      if (!incident.success) return null
      const incidentId = incident.data.id
      if (event.event_type === 'incident.acknowledged')
        return { kind: 'acknowledged', ...base, incidentId }
      // The reason of a merge begins with `merge`. Its agent is the person who merged, who resolved nothing.
      const isMerge = incident.data.resolve_reason?.type.startsWith('merge') === true
      return { kind: 'resolved', ...base, incidentId, isMerge }
    }
    default:
      return { kind: 'other' }
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined // signed but not JSON
  }
}

function agentOf({ id: agentId, type, html_url }: z.infer<typeof agentSchema>): WebhookAgent {
  const account = URL.parse(html_url ?? '')?.origin
  const isPerson = type === 'user_reference' || type === 'user'
  return { id: agentId, isPerson, ...(account?.startsWith('https:') && { account }) }
}
