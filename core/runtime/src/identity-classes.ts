import { delegatorOf, type ApprovalRequest, type Principal } from '@loop-engine/core'

import type { Kernel } from './kernel.ts'

/** Looks up the people behind these principals today; by the answer, accounts of one person have the same class. */
export async function identityClasses(
  { identity }: Kernel,
  tenant: string,
  principals: readonly Principal[],
): Promise<(id: string) => string> {
  if (!identity.hasDirectory) return (id) => id
  const people = new Map<string, Principal>()
  for (const principal of principals)
    for (let one: Principal | undefined = principal; one; one = one.onBehalfOf)
      people.set(one.id, one)
  const classes = new Map(
    await Promise.all(
      [...people.values()].map(
        async (person) =>
          [person.id, (await identity.today(tenant, person))?.identityClass] as const,
      ),
    ),
  )
  return (id) => classes.get(id) ?? id
}

/** Everybody who had a part in a request, including those whose delegation counts no longer or was used for a vote. */
export function involvedIn({
  requester,
  decisions,
  delegations,
}: ApprovalRequest): readonly Principal[] {
  const delegators = decisions.flatMap(({ handedOnBy = [] }) => handedOnBy)
  return [
    requester,
    ...decisions.map(({ reviewer }) => reviewer),
    ...delegations.map(delegatorOf),
    ...delegators.map((id) => ({ type: 'human', id }) as const),
  ]
}
