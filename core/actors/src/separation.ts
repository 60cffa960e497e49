import type { Actor, Principal } from '@loop-engine/core'

/** Names the natural person behind a principal's id: linked accounts share one class. */
export type IdentityClassOf = (id: string) => string

/** The ids of a principal and of everyone it acts for, nearest first. */
export function principalIds(principal: Principal): readonly string[] {
  const ids: string[] = []
  for (let next: Principal | undefined = principal; next; next = next.onBehalfOf) ids.push(next.id)
  return ids
}

/**
 * Whether two principals have anybody in common: themselves, or anyone in the chain they act for.
 * Four-eyes refuses a reviewer who is of the requester's party.
 */
export function sameParty(a: Principal, b: Principal, identityClassOf?: IdentityClassOf): boolean {
  const people = principalIds(b).map((id) => personOf(id, identityClassOf))
  return principalIds(a).some((id) => people.includes(personOf(id, identityClassOf)))
}

/** How many different people there are among these actors; only a human counts. */
export function distinctPeople(
  actors: readonly Actor[],
  identityClassOf?: IdentityClassOf,
): number {
  const people = actors.filter(({ type }) => type === 'human')
  return new Set(people.map(({ id }) => personOf(id, identityClassOf))).size
}

// Two spellings of one id count as one person, whatever their type: a mistake here must refuse,
// never let a requester pass as a second pair of eyes.
function personOf(id: string, identityClassOf: IdentityClassOf = (own) => own): string {
  const folded = identityClassOf(id.replace(/^user:/i, ''))
  return folded.normalize('NFKC').toLowerCase()
}
