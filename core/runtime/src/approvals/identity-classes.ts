import { type Actor, type ApprovalRequest } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'

/** Who somebody is, by id, for everybody that four-eyes must tell apart. */
export async function identityClasses(
  kernel: Kernel,
  request: ApprovalRequest,
  today: { readonly actor: Actor; readonly identityClass: string },
): Promise<(id: string) => string> {
  if (!kernel.identity.hasDirectory) return (id) => id
  const people: Actor[] = request.decisions.map(({ reviewer }) => reviewer)
  for (const id of new Set(request.delegations.map(({ from }) => from)))
    people.push({ type: 'human', id })
  for (const party of [request.requester, today.actor.onBehalfOf])
    for (let one: Actor['onBehalfOf'] = party; one; one = one.onBehalfOf) people.push(one)
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
