import { z } from 'zod'

import { pagerDutyError } from './pagerduty-error.ts'
import type { PagerDutyAnswer, PagerDutyCall, PagerDutyTransport } from './transport.ts'

export interface Alert {
  readonly key: string
  /** The content of the alert, whose form differs between integrations. */
  readonly body: unknown
}
export interface Note {
  readonly id: string
  readonly content: string
  readonly userId?: string
  /** Epoch milliseconds. */
  readonly createdAt?: number
}
interface User {
  /** In lower case. */
  readonly email: string
  readonly isInvited: boolean
}
interface OnCall {
  readonly userId: string
  readonly policyId: string
  readonly level: number
}

/** The calls to PagerDuty that this channel makes. Each throws a LoopError that quotes nothing from PagerDuty. */
export interface PagerDutyCalls {
  send(event: object, signal?: AbortSignal): Promise<void>
  /** The newest incident of a dedup key; null if there is none yet, or if its alerts are grouped under another key. */
  incidentOf(dedupKey: string, signal?: AbortSignal): Promise<string | null>
  alerts(incidentId: string, signal?: AbortSignal): Promise<readonly Alert[]>
  notes(incidentId: string, signal?: AbortSignal): Promise<readonly Note[]>
  addNote(incidentId: string, content: string, signal?: AbortSignal): Promise<void>
  user(userId: string, signal?: AbortSignal): Promise<User>
  policyOf(incidentId: string, signal?: AbortSignal): Promise<string>
  onCalls(
    userId: string,
    policyIds: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly OnCall[]>
}

const id = z.string().min(1).max(64)
const reference = z.object({ id })
const incidentsSchema = z.object({ incidents: z.array(reference) })
const alertsSchema = z.object({
  alerts: z.array(z.object({ alert_key: z.string().nullish(), body: z.unknown() })),
  more: z.boolean().nullish(),
})
const notesSchema = z.object({
  notes: z.array(
    z.object({
      id,
      content: z.string(),
      user: reference.nullish(),
      created_at: z.string().nullish(),
    }),
  ),
})
const userSchema = z.object({
  user: z.object({ email: z.string().max(320), invitation_sent: z.boolean().nullish() }),
})
const policySchema = z.object({ incident: z.object({ escalation_policy: reference }) })
const onCallsSchema = z.object({
  oncalls: z.array(
    z.object({ user: reference, escalation_policy: reference, escalation_level: z.int() }),
  ),
})

/** An incident holds at most 1,000 alerts. */
const mostPages = 10
const pageSize = 100

export function createPagerDutyCalls(transport: PagerDutyTransport, from: string): PagerDutyCalls {
  async function read<Value>(
    what: string,
    schema: z.ZodType<Value>,
    call: PagerDutyCall,
    signal: AbortSignal | undefined,
  ): Promise<Value> {
    const answer = await transport.call(call, signal)
    if (!isFine(answer)) throw pagerDutyError(what, answer)
    const value = schema.safeParse(answer.data)
    if (!value.success) throw pagerDutyError(what, answer)
    return value.data
  }
  const get = (path: string, query?: PagerDutyCall['query']): PagerDutyCall => ({
    method: 'GET',
    path,
    ...(query && { query }),
  })

  return {
    async send(event, signal) {
      const answer = await transport.sendEvent(event, signal)
      if (!isFine(answer)) throw pagerDutyError('take an event', answer)
    },
    async incidentOf(dedupKey, signal) {
      const query = {
        incident_key: dedupKey,
        date_range: 'all',
        sort_by: 'created_at:desc',
        limit: '1',
      }
      const { incidents } = await read(
        'find an incident',
        incidentsSchema,
        get('/incidents', query),
        signal,
      )
      return incidents[0]?.id ?? null
    },
    async alerts(incidentId, signal) {
      const found: Alert[] = []
      for (let page = 0; page < mostPages; page++) {
        const query = { limit: `${pageSize}`, offset: `${page * pageSize}` }
        const call = get(`/incidents/${encodeURIComponent(incidentId)}/alerts`, query)
        const { alerts, more } = await read('list alerts', alertsSchema, call, signal)
        found.push(...alerts.map(({ alert_key, body }) => ({ key: alert_key ?? '', body })))
        if (more !== true) break
      }
      return found
    },
    async notes(incidentId, signal) {
      const call = get(notesOf(incidentId))
      const { notes } = await read('list notes', notesSchema, call, signal)
      return notes.map((note) => {
        const createdAt = Date.parse(note.created_at ?? '')
        return {
          id: note.id,
          content: note.content,
          ...(note.user && { userId: note.user.id }),
          ...(!Number.isNaN(createdAt) && { createdAt }),
        }
      })
    },
    async addNote(incidentId, content, signal) {
      const answer = await transport.call(
        { method: 'POST', path: notesOf(incidentId), body: { note: { content } }, from },
        signal,
      )
      if (!isFine(answer)) throw pagerDutyError('take a note', answer)
    },
    async user(userId, signal) {
      const call = get(`/users/${encodeURIComponent(userId)}`)
      const { user } = await read('show a user', userSchema, call, signal)
      return { email: user.email.toLowerCase(), isInvited: user.invitation_sent === true }
    },
    async policyOf(incidentId, signal) {
      const call = get(`/incidents/${encodeURIComponent(incidentId)}`)
      const { incident } = await read('show an incident', policySchema, call, signal)
      return incident.escalation_policy.id
    },
    async onCalls(userId, policyIds, signal) {
      const query = {
        'user_ids[]': [userId],
        'escalation_policy_ids[]': policyIds,
        limit: `${pageSize}`,
      }
      const call = get('/oncalls', query)
      const { oncalls } = await read('say who is on call', onCallsSchema, call, signal)
      return oncalls.map(({ user, escalation_policy, escalation_level }) => ({
        userId: user.id,
        policyId: escalation_policy.id,
        level: escalation_level,
      }))
    },
  }
}

function isFine({ status }: PagerDutyAnswer): boolean {
  return status >= 200 && status < 300
}

function notesOf(incidentId: string): string {
  return `/incidents/${encodeURIComponent(incidentId)}/notes`
}
