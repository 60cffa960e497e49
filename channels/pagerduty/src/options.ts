import {
  LoopError,
  refuseStrayKeys,
  type ApprovalRequest,
  type Clock,
  type KnownKeys,
} from '@loop-engine/core'
import type { Decide, GetApproval } from '@loop-engine/core/decision-page'

import type { PagerDutyTransport } from './api/transport.ts'
import type { PagerDutyPeople, PagerDutyResponders } from './webhook/responders.ts'

/** Somebody has acknowledged an incident of ours. Not a decision. */
export interface Seen {
  readonly tenant: string
  readonly requestId: string
  readonly revision: number
  /** PagerDuty's id of the user; absent when nobody in particular did. */
  readonly userId?: string
  readonly at: number
}

export interface PagerDutyOptions {
  /** `createPdjsTransport({ token })`, or your own. */
  readonly transport: PagerDutyTransport
  /** The integration key of a service, for Events API v2; always the same for one request. */
  readonly routingKey: string | ((request: ApprovalRequest) => string)
  /** The e-mail address of the PagerDuty user that notes are written as. Nobody else may use the account. */
  readonly from: string
  /** Of the webhook subscriptions. Several while one is being changed. */
  readonly webhookSecrets: readonly string[]
  /** At least 32 bytes, for codes and references. The first makes them, all are accepted. */
  readonly secrets: readonly string[]
  readonly people: PagerDutyPeople
  /** `createIntake({ approvals, authority })` of `@loop-engine/sdk`. */
  readonly decide: Decide
  /** `link-only`: notes decide nothing, the page does. */
  readonly decideBy?: 'note' | 'link-only'
  /**
   * The signed decision page of a request. It is for whoever sees the incident, so it must ask who somebody is; a link
   * that is good for one person does not belong here.
   */
  readonly decisionUrl?: (request: ApprovalRequest) => string | Promise<string>
  readonly responders?: PagerDutyResponders
  /** What it means that a person resolves an incident of ours without a decision. Never an approval. */
  readonly onResolve?: 'ignore' | 'reject' | 'retrigger'
  /** `(query) => system.approvals.get(query)`; needed to page again. */
  readonly getApproval?: GetApproval
  readonly onSeen?: (seen: Seen) => void | Promise<void>
  /** An incident that is not ours was resolved: withdraw here what waits because of it. May be called twice. */
  readonly onIncidentResolved?: (incident: {
    readonly id: string
    readonly at: number
  }) => void | Promise<void>
  /** Notes with a wrong code in one incident, after which only the page decides. */
  readonly maxWrongCodes?: number
  /** PagerDuty gives up on a delivery after 5 seconds. */
  readonly answerWithinMs?: number
  readonly clock?: Clock
  /** Hears of what nobody can be told: codes and sentences, no secrets. */
  readonly onError?: (error: unknown) => void
  /** One name for each channel of a system. */
  readonly name?: string
}

const optionKeys: KnownKeys<PagerDutyOptions> = {
  transport: true,
  routingKey: true,
  from: true,
  webhookSecrets: true,
  secrets: true,
  people: true,
  decide: true,
  decideBy: true,
  decisionUrl: true,
  responders: true,
  onResolve: true,
  getApproval: true,
  onSeen: true,
  onIncidentResolved: true,
  maxWrongCodes: true,
  answerWithinMs: true,
  clock: true,
  onError: true,
  name: true,
}
/** Of each kind of choice; what is none of them would choose what lets most people decide. */
const peopleKeys = {
  email: { by: true, principalOf: true },
  table: { by: true, table: true },
} as const
const responderKeys = {
  'on-call': { who: true, policies: true, maxLevel: true },
  listed: { who: true, users: true },
} as const

/** Throws `invalid_config` for what would fail later, or fail open. */
export function checkOptions(options: PagerDutyOptions): {
  readonly secrets: readonly [string, ...string[]]
  readonly routingKeyOf: (request: ApprovalRequest) => string
} {
  refuse(options, optionKeys, '')
  checkPeople(options)
  const { transport, routingKey, webhookSecrets, from, decide } = options
  const { decideBy = 'note', decisionUrl, onResolve = 'ignore', getApproval } = options
  if (typeof transport?.sendEvent !== 'function' || typeof transport.call !== 'function')
    throw wrong(
      '/transport',
      'The PagerDuty channel needs a transport.',
      'Use createPdjsTransport.',
    )
  if (typeof decide !== 'function')
    throw wrong(
      '/decide',
      'Decisions need somebody who takes them.',
      'Use createIntake of the SDK.',
    )
  const secrets = listOf(options.secrets)
  const [first, ...others] = secrets
  if (first === undefined || secrets.some((secret) => Buffer.byteLength(secret) < 32))
    throw wrong('/secrets', 'A secret of the PagerDuty channel is missing or too short.', random)
  const webhooks = listOf(webhookSecrets)
  if (webhooks.length === 0 || webhooks.some((secret) => secret.length < 16))
    throw wrong('/webhookSecrets', 'A webhook secret of PagerDuty is missing or too short.', aList)
  choose(decideBy, '/decideBy', ['note', 'link-only'])
  choose(onResolve, '/onResolve', ['ignore', 'reject', 'retrigger'])
  if (!/^[^\s@]+@[^\s@]+$/.test(from))
    throw wrong('/from', 'PagerDuty needs the e-mail address of the user who writes notes.')
  if (decideBy === 'link-only' && !decisionUrl)
    throw wrong('/decisionUrl', 'Where notes decide nothing there must be a page that does.')
  if (onResolve === 'retrigger' && !getApproval)
    throw wrong('/getApproval', 'To page again the channel has to read the request.')
  if (typeof routingKey !== 'function') checkRoutingKey(routingKey)
  return {
    secrets: [first, ...others],
    routingKeyOf: (request) =>
      checkRoutingKey(typeof routingKey === 'string' ? routingKey : routingKey(request)),
  }
}

function checkPeople({ people, responders }: PagerDutyOptions): void {
  refuse(people, { ...peopleKeys.email, ...peopleKeys.table }, '/people')
  choose(people.by, '/people/by', Object.keys(peopleKeys))
  refuse(people, peopleKeys[people.by], '/people')
  if (people.by === 'table' && Object(people.table) !== people.table)
    throw wrong('/people/table', 'Nobody is listed.', 'Give an object: { PABC123: "alice" }.')
  if (responders === undefined) return
  refuse(responders, { ...responderKeys['on-call'], ...responderKeys.listed }, '/responders')
  choose(responders.who, '/responders/who', Object.keys(responderKeys))
  refuse(responders, responderKeys[responders.who], '/responders')
  if (responders.who === 'listed' && !Array.isArray(responders.users))
    throw wrong('/responders/users', 'The users who respond are listed by their ids.', aList)
}

function refuse(given: unknown, known: Readonly<Record<string, true>>, path: string): void {
  const what = 'The PagerDuty channel'
  refuseStrayKeys(given, known, { what, code: 'invalid_config', path })
}

function choose(value: string, path: string, values: readonly string[]): void {
  if (values.includes(value)) return
  const hint = `Write ${values.join(' or ')}.`
  throw wrong(path, 'An option of the PagerDuty channel is none of its values.', hint)
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}

const aList = 'Give a list.'
const random = 'Give a list, each of 32 random bytes or more: `openssl rand -base64 32`.'

function checkRoutingKey(key: string): string {
  if (/^\w{32}$/.test(key)) return key
  throw wrong('/routingKey', 'An integration key of PagerDuty has 32 characters.')
}

function wrong(path: string, message: string, hint?: string): LoopError {
  return new LoopError('invalid_config', message, {
    plugin: 'pagerduty',
    path,
    ...(hint !== undefined && { hint }),
  })
}
