import { type ApprovalRequest } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'
import type { ReviewerToday } from './approval-rules.ts'

/** Who somebody is, by id, for everybody that four-eyes must tell apart. */
export async function identityClasses(
  kernel: Kernel,
  request: ApprovalRequest,
  today: ReviewerToday,
): Promise<(id: string) => string> {
  const people = [request.requester, ...request.decisions.map(({ reviewer }) => reviewer)]
  for (let principal = request.requester.onBehalfOf; principal; principal = principal.onBehalfOf)
    people.push(principal)
  const known = await Promise.all(
    people.map(
      async (person) =>
        [person.id, (await kernel.identity.today(request.tenant, person))?.identityClass] as const,
    ),
  )
  const classes = new Map<string, string>([[today.actor.id, today.identityClass]])
  for (const [id, identityClass] of known)
    if (identityClass !== undefined && !classes.has(id)) classes.set(id, identityClass)
  return (id) => classes.get(id) ?? id
}
