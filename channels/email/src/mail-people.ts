import { LoopError, reviewersOf, type ApprovalRequest, type Principal } from '@loop-engine/core'
import { z } from 'zod'

import type { FindRecipients, Recipient } from './options.ts'

// Without quotes, comments and line breaks, so that every parser reads the address as the same one mailbox.
const addressSchema = z.email().max(254)

/** Throws unless the text is one mailbox: a mail server could read other texts as a list, a header or two addresses. */
export function checkAddress(address: string, recipient?: string): string {
  if (addressSchema.safeParse(address).success) return address
  throw new LoopError('invalid_config', 'An e-mail address is not a single plain mailbox.', {
    hint: 'Use the form local@domain, without a name, quotes or comments.',
    plugin: 'email',
    ...(recipient !== undefined && { details: { recipient } }),
  })
}

/** All people to ask at the waiting stage, each once; under four-eyes not the requester, nor those it acts for. */
export async function peopleOf(
  request: ApprovalRequest,
  recipients: FindRecipients,
): Promise<readonly Recipient[]> {
  const barred = request.policy.fourEyes ? chainOf(request.requester) : []
  const people = await find(request, reviewersOf(request), recipients)
  return people.filter(({ id }) => !barred.includes(id))
}

/** The people with these ids who still have a mailbox, at whatever stage they were asked. */
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
