import { reviewersOf, type DecisionResult } from '@loop-engine/sdk'

type Refused = Extract<DecisionResult, { readonly status: 'refused' }>

const authenticated =
  'Decide through a channel or `loop serve`, which authenticate people: here you only say who you are.'
const lookAgain = '`loop inbox` shows what is asked now.'

const hints: Readonly<Record<Refused['reason'], (request: Refused['request']) => string>> = {
  already_decided: (request) => `${timelineOf(request)} tells who decided what.`,
  expired: () => 'Whoever asked has to ask again.',
  stale_revision: () => lookAgain,
  view_changed: () => lookAgain,
  superseded: (request) => `The run moved on: see ${timelineOf(request)}.`,
  not_a_person: () => 'Only people decide.',
  identity_not_verified: () => authenticated,
  assurance_too_low: () => authenticated,
  requester_cannot_decide: () => 'Somebody else decides than who asked, or for whom it is done.',
  not_entitled: (request) =>
    `It waits for ${reviewersOf(request).join(', ')}; --as, --role and --group say who you are.`,
  already_voted: () => 'Your approval counts once; another person has to approve as well.',
  not_allowed: () => 'The policy of this request does not permit this decision.',
  stopped: () =>
    '`loop stops` lists what is in force, and `loop release` with the same target and a reason ends it.',
  limit_reached: (request) => `A limit is used up; ${timelineOf(request)} names it.`,
}

/** What somebody who was refused can do about it. */
export function hintOf({ reason, request }: Refused): string {
  return hints[reason](request)
}

/** By the id of the run where its business key is no plain word of a shell. */
function timelineOf({ aggregateId, runId }: Refused['request']): string {
  return `\`loop timeline ${/^\w[\w:.@/-]*$/.test(aggregateId) ? aggregateId : runId}\``
}
