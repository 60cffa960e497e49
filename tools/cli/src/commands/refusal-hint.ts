import { reviewersOf, type DecisionResult } from '@loop-engine/sdk'

type Refused = Extract<DecisionResult, { readonly status: 'refused' }>

const authenticated =
  'Decide through a channel or `loop serve`: they authenticate people. This command has only your word for who you are.'
const lookAgain = '`loop inbox` shows the request as it is now.'

const hints: Readonly<Record<Refused['reason'], (request: Refused['request']) => string>> = {
  already_decided: (request) => `${timelineOf(request)} tells who decided what.`,
  expired: () => 'The requester has to ask again.',
  stale_revision: () => lookAgain,
  view_changed: () => lookAgain,
  superseded: (request) => `The run moved on: see ${timelineOf(request)}.`,
  not_a_person: () => 'Only a person can decide.',
  identity_not_verified: () => authenticated,
  assurance_too_low: () => authenticated,
  requester_cannot_decide: () =>
    'Neither the requester nor the person for whom it is done can decide.',
  not_entitled: (request) =>
    `It waits for ${reviewersOf(request).join(', ')}; --as, --role and --group say who you are.`,
  already_voted: () => 'Your approval counts once; another person has to approve as well.',
  not_allowed: () => 'The policy of this request does not permit this decision.',
  stopped: () =>
    '`loop stops` lists the stops in force; `loop release` with the same target and a reason ends one.',
  limit_reached: (request) => `A limit is used up; ${timelineOf(request)} names it.`,
}

/** What the person can do about the refusal. */
export function hintOf({ reason, request }: Refused): string {
  return hints[reason](request)
}

/** The command names the run by its run id if a shell would misread its business key. */
function timelineOf({ aggregateId, runId }: Refused['request']): string {
  return `\`loop timeline ${/^\w[\w:.@/-]*$/.test(aggregateId) ? aggregateId : runId}\``
}
