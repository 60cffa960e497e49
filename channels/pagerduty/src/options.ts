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

/** A person has acknowledged an incident of this channel. It is not a decision. */
export interface Seen {
  readonly tenant: string
  readonly requestId: string
  readonly revision: number
  /** PagerDuty's id of the user; absent if it was no user. */
  readonly userId?: string
  readonly at: number
}

export interface PagerDutyOptions {
  /** `createPdjsTransport({ token })`, or your own. */
  readonly transport: PagerDutyTransport
  /** The integration key of a service, for Events API v2. A function must always return the same key for one request. */
  readonly routingKey: string | ((request: ApprovalRequest) => string)
  /** The e-mail address of the PagerDuty user in whose name notes are written. Nobody else may use that account. */
  readonly from: string
  /** The secrets of the webhook subscriptions; several while one is rotated. */
  readonly webhookSecrets: readonly string[]
  /** At least 32 bytes each, for codes and references. The first makes them, and all of them are accepted. */
  readonly secrets: readonly string[]
  readonly people: PagerDutyPeople
  /** `createIntake({ approvals, authority })` of `@loop-engine/sdk`. */
  readonly decide: Decide
  /** With `link-only` only the page decides, and notes do not; `note` by default. */
  readonly decideBy?: 'note' | 'link-only'
  /**
   * The address of a request's decision page. Everybody who sees the incident can open it, so the page must ask who decides;
   * never give a link that is made for one person.
   */
  readonly decisionUrl?: (request: ApprovalRequest) => string | Promise<string>
  readonly responders?: PagerDutyResponders
  /** What happens if a person resolves an incident without a decision; `ignore` by default. It never approves. */
  readonly onResolve?: 'ignore' | 'reject' | 'retrigger'
  /** `(query) => system.approvals.get(query)`; needed for `onResolve: 'retrigger'`. */
  readonly getApproval?: GetApproval
  readonly onSeen?: (seen: Seen) => void | Promise<void>
  /** Called when another incident is resolved, so that you can withdraw requests that it caused. May be called twice. */
  readonly onIncidentResolved?: (incident: {
    readonly id: string
    readonly at: number
  }) => void | Promise<void>
  /** After this many notes with a wrong code in one incident, only the page decides; 5 by default. */
  readonly maxWrongCodes?: number
  /** How long a delivery may take to answer; 4,500 by default. PagerDuty gives up after 5 seconds. */
  readonly answerWithinMs?: number
  readonly clock?: Clock
  /** Hears of errors that reach nobody else. They never quote a secret. */
  readonly onError?: (error: unknown) => void
  /** The name of the channel in policies, unique within a system; `pagerduty` by default. */
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
/** The keys of each variant. An unknown variant is refused, because it could let more people decide than was meant. */
const peopleKeys = {
  email: { by: true, principalOf: true },
  table: { by: true, table: true },
} as const
const responderKeys = {
  'on-call': { who: true, policies: true, maxLevel: true },
  listed: { who: true, users: true },
} as const

/** Throws `invalid_config` for options that would fail later, or that would let too many people decide. */
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
      'The PagerDuty channel needs a function that takes decisions.',
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
    throw wrong(
      '/from',
      '`from` must be the e-mail address of the PagerDuty user who writes notes.',
    )
  if (decideBy === 'link-only' && !decisionUrl)
    throw wrong('/decisionUrl', 'With `decideBy: link-only` a decision page is needed.')
  if (onResolve === 'retrigger' && !getApproval)
    throw wrong(
      '/getApproval',
      'To page again, the channel needs a function that reads the request.',
    )
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
    throw wrong(
      '/people/table',
      'The table of people is missing.',
      'Give an object: { PABC123: "alice" }.',
    )
  if (responders === undefined) return
  refuse(responders, { ...responderKeys['on-call'], ...responderKeys.listed }, '/responders')
  choose(responders.who, '/responders/who', Object.keys(responderKeys))
  refuse(responders, responderKeys[responders.who], '/responders')
  if (responders.who === 'listed' && !Array.isArray(responders.users))
    throw wrong('/responders/users', 'The responders must be a list of user ids.', aList)
}

function refuse(given: unknown, known: Readonly<Record<string, true>>, path: string): void {
  const what = 'The PagerDuty channel'
  refuseStrayKeys(given, known, { what, code: 'invalid_config', path })
}

function choose(value: string, path: string, values: readonly string[]): void {
  if (values.includes(value)) return
  const hint = `Write ${values.join(' or ')}.`
  throw wrong(path, 'An option of the PagerDuty channel has an unknown value.', hint)
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}

const aList = 'Give a list.'
const random = 'Give a list, each of 32 random bytes or more: `openssl rand -base64 32`.'

function checkRoutingKey(key: string): string {
  if (/^\w{32}$/.test(key)) return key
  throw wrong('/routingKey', 'An integration key of PagerDuty must have 32 letters and digits.')
}

function wrong(path: string, message: string, hint?: string): LoopError {
  return new LoopError('invalid_config', message, {
    plugin: 'pagerduty',
    path,
    ...(hint !== undefined && { hint }),
  })
}
