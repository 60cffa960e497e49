import { spellingOf, type Actor, type Principal } from '@loop-engine/core'

/** Names the natural person behind a principal's id: linked accounts share one class. */
export type IdentityClassOf = (id: string) => string

/** The ids of a principal and of everyone it acts for, nearest first. */
export function principalIds(principal: Principal): readonly string[] {
  const ids: string[] = []
  for (let next: Principal | undefined = principal; next; next = next.onBehalfOf) ids.push(next.id)
  return ids
}

/**
 * Whether two ids are of one person. Two spellings are, and so are linked accounts, whatever their type: a mistake here
 * must refuse, never let somebody pass as a second pair of eyes.
 */
export function samePerson(a: string, b: string, identityClassOf: IdentityClassOf = own): boolean {
  return (
    spellingOf(a) === spellingOf(b) ||
    spellingOf(identityClassOf(a)) === spellingOf(identityClassOf(b))
  )
}

/**
 * Whether two principals have anybody in common: themselves, or anyone in the chain they act for.
 * Four-eyes refuses a reviewer who is of the requester's party.
 */
export function sameParty(a: Principal, b: Principal, identityClassOf?: IdentityClassOf): boolean {
  const people = principalIds(b)
  return principalIds(a).some((id) =>
    people.some((other) => samePerson(id, other, identityClassOf)),
  )
}

/** How many different people there are among these actors; only a human counts. */
export function distinctPeople(
  actors: readonly Actor[],
  identityClassOf: IdentityClassOf = own,
): number {
  const people = actors.filter(({ type }) => type === 'human')
  return new Set(people.map(({ id }) => spellingOf(identityClassOf(id)))).size
}

function own(id: string): string {
  return id
}
