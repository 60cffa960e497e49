import { spellingOf, type Actor, type Principal } from '@loop-engine/core'

/** Returns an id for the natural person behind a principal's id: linked accounts have the same one. */
export type IdentityClassOf = (id: string) => string

/** The ids of a principal and of everyone it acts for, nearest first. */
export function principalIds(principal: Principal): readonly string[] {
  const ids: string[] = []
  for (let next: Principal | undefined = principal; next; next = next.onBehalfOf) ids.push(next.id)
  return ids
}

/**
 * Whether two ids belong to one person: two spellings of an id do, and so do linked accounts, whatever their type. When
 * in doubt it is one person: a mistake must refuse an approval, never count one person as two pairs of eyes.
 */
export function samePerson(a: string, b: string, identityClassOf: IdentityClassOf = own): boolean {
  return (
    spellingOf(a) === spellingOf(b) ||
    spellingOf(identityClassOf(a)) === spellingOf(identityClassOf(b))
  )
}

/**
 * Whether two principals have anybody in common: themselves, or anyone in the chain they act for.
 * Four-eyes refuses a reviewer who is of the same party as the requester.
 */
export function sameParty(a: Principal, b: Principal, identityClassOf?: IdentityClassOf): boolean {
  const people = principalIds(b)
  return principalIds(a).some((id) =>
    people.some((other) => samePerson(id, other, identityClassOf)),
  )
}

/** The number of different people among these actors; only humans count. */
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
