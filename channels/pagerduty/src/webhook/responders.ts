import { isLoopError } from '@loop-engine/core'

import type { PagerDutyCalls } from '../api/pagerduty-calls.ts'
import type { Stranger } from '../incident/outcome-text.ts'
import type { WebhookAgent } from './webhook-event.ts'

/** How a PagerDuty user is mapped to one of your principals. Whoever is not mapped is refused. */
export type PagerDutyPeople =
  /** By the e-mail address of the account, in lower case. */
  | {
      readonly by: 'email'
      /** The principal of an address, or null for nobody; by default the address itself. */
      readonly principalOf?: (email: string) => string | null | Promise<string | null>
    }
  /** By a table of yours, from PagerDuty's user id (`P…`) to the principal's id. */
  | { readonly by: 'table'; readonly table: Readonly<Record<string, string>> }

/** Who may decide in PagerDuty at all. The engine judges besides whether the person may decide on the request. */
export type PagerDutyResponders =
  /** People who are on call now, for the incident's escalation policy or for one of `policies`. */
  | {
      readonly who: 'on-call'
      readonly policies?: readonly string[]
      /** The highest level of the policy that counts; level 1 is called first. */
      readonly maxLevel?: number
    }
  /** These users, by PagerDuty's id. */
  | { readonly who: 'listed'; readonly users: readonly string[] }

type Identified = { readonly principal: string } | { readonly stranger: Stranger }

export interface Responders {
  /** Throws if PagerDuty is unavailable. Whoever cannot be identified is a stranger. */
  identify(
    agent: WebhookAgent | undefined,
    incidentId: string,
    signal: AbortSignal,
  ): Promise<Identified>
}

export interface RespondersOptions {
  readonly calls: Pick<PagerDutyCalls, 'user' | 'policyOf' | 'onCalls'>
  readonly people: PagerDutyPeople
  readonly responders: PagerDutyResponders | undefined
  /** The account with which this channel writes; it cannot decide. */
  readonly from: string
}

/** Identifies people. Nothing is cached: PagerDuty is asked at every decision. */
export function createResponders({
  calls,
  people,
  responders,
  from,
}: RespondersOptions): Responders {
  async function principalOf(userId: string, signal: AbortSignal): Promise<Identified> {
    if (people.by === 'table') {
      const listed = Object.hasOwn(people.table, userId) ? people.table[userId] : undefined
      return listed ? { principal: listed } : { stranger: 'unknown_person' }
    }
    const user = await calls.user(userId, signal).catch((error: unknown) => {
      if (isLoopError(error) && error.code === 'not_found') return null
      throw error
    })
    if (!user?.email) return { stranger: 'unknown_person' }
    if (user.email === from.toLowerCase()) return { stranger: 'own_account' }
    if (user.isInvited) return { stranger: 'invited' }
    const { principalOf: map = (email: string) => email } = people
    const principal = await map(user.email)
    return principal ? { principal } : { stranger: 'unknown_person' }
  }

  async function isOnCall(
    userId: string,
    incidentId: string,
    { policies, maxLevel = Infinity }: Extract<PagerDutyResponders, { who: 'on-call' }>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const wanted = policies ?? [await calls.policyOf(incidentId, signal)]
    const onCalls = await calls.onCalls(userId, wanted, signal)
    return onCalls.some(
      (onCall) =>
        onCall.userId === userId && wanted.includes(onCall.policyId) && onCall.level <= maxLevel,
    )
  }

  return {
    async identify(agent, incidentId, signal) {
      if (!agent?.isPerson) return { stranger: 'automation' }
      if (responders?.who === 'listed' && !responders.users.includes(agent.id))
        return { stranger: 'not_listed' }
      const identified = await principalOf(agent.id, signal)
      if ('stranger' in identified || responders?.who !== 'on-call') return identified
      const onCall = await isOnCall(agent.id, incidentId, responders, signal)
      return onCall ? identified : { stranger: 'not_on_call' }
    },
  }
}
