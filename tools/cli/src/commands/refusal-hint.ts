import { reviewersOf, type DecisionResult } from '@loop-engine/sdk'

type Refused = Extract<DecisionResult, { readonly status: 'refused' }>

const authenticated =
  'Decide through a channel or `loop serve`, which authenticate people: here you only say who you are.'
const lookAgain = '`loop inbox` shows what is asked now.'

const hints: Readonly<Record<Refused['reason'], (request: Refused['request']) => string>> = {
  already_decided: ({ aggregateId }) => `\`loop timeline ${aggregateId}\` tells who decided what.`,
  expired: () => 'Whoever asked has to ask again.',
  stale_revision: () => lookAgain,
  view_changed: () => lookAgain,
  superseded: ({ aggregateId }) => `The run moved on: see \`loop timeline ${aggregateId}\`.`,
  not_a_person: () => 'Only people decide.',
  identity_not_verified: () => authenticated,
  assurance_too_low: () => authenticated,
  requester_cannot_decide: () => 'Somebody else decides than who asked, or for whom it is done.',
  not_entitled: (request) =>
    `It waits for ${reviewersOf(request).join(', ')}; --as and --role say who you are.`,
  already_voted: () => 'Your approval counts once; another person has to approve as well.',
  not_allowed: () => 'The policy of this request does not permit this decision.',
  stopped: () =>
    '`loop stops` lists what is in force, and `loop release` with the same target and a reason ends it.',
  limit_reached: ({ aggregateId }) =>
    `A limit is used up; \`loop timeline ${aggregateId}\` names it.`,
}

/** What somebody who was refused can do about it. */
export function hintOf({ reason, request }: Refused): string {
  return hints[reason](request)
}
