import { LoopError, reviewersOf, type ApprovalRequest, type Principal } from '@loop-engine/core'
import { z } from 'zod'

import type { FindRecipients, Recipient } from './options.ts'

// No quotes, no comments, no line breaks: an address of this form means one mailbox to every parser.
const addressSchema = z.email().max(254)

/** One mailbox, or a refusal: what would be a list, a header or two addresses to a mail server never leaves. */
export function checkAddress(address: string, recipient?: string): string {
  if (addressSchema.safeParse(address).success) return address
  throw new LoopError('invalid_config', 'An e-mail address is not one plain mailbox.', {
    hint: 'Use the form local@domain, without a name, quotes or comments.',
    plugin: 'email',
    ...(recipient !== undefined && { details: { recipient } }),
  })
}

/** Everybody who may be asked at the stage that waits, once each; not who asks, nor for whom that is done. */
export async function peopleOf(
  request: ApprovalRequest,
  recipients: FindRecipients,
): Promise<readonly Recipient[]> {
  const barred = request.policy.fourEyes ? chainOf(request.requester) : []
  const people = await find(request, reviewersOf(request), recipients)
  return people.filter(({ id }) => !barred.includes(id))
}

/** Those of a list of ids who still have a mailbox, at whatever stage they were asked. */
export async function peopleWith(
  ids: readonly string[],
  request: ApprovalRequest,
  recipients: FindRecipients,
): Promise<readonly Recipient[]> {
  const everybody = request.policy.stages.flatMap((_, stage) => reviewersOf(request, stage))
  const people = await find(request, everybody, recipients)
  return people.filter(({ id }) => ids.includes(id))
}

async function find(
  request: ApprovalRequest,
  reviewers: readonly string[],
  recipients: FindRecipients,
): Promise<readonly Recipient[]> {
  const found = await Promise.all(
    [...new Set(reviewers)].map(async (reviewer) => recipients(reviewer, request)),
  )
  return [...new Map(found.flat().map((person) => [person.id, person])).values()]
}

function chainOf(principal: Principal | undefined): readonly string[] {
  return principal ? [principal.id, ...chainOf(principal.onBehalfOf)] : []
}
