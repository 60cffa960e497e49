import { admitActor, type Admission, type Authority } from '@loop-engine/actors'
import {
  isLoopError,
  isRecord,
  LoopError,
  refuseStrayKeys,
  spellingOf,
  type Actor,
  type Clock,
  type KnownKeys,
} from '@loop-engine/core'

import { withDeadline } from './with-deadline.ts'

/** Who somebody is today, from the application's own directory. */
export interface Person {
  readonly roles?: readonly string[]
  readonly groups?: readonly string[]
  /** Accounts of one natural person share it; the id by default. */
  readonly identityClass?: string
  /** The ids of all accounts of this natural person: stopping one of them stops all. */
  readonly accounts?: readonly string[]
}

export interface IdentityOptions {
  /** `asserted` (default) believes code in this process; `verified` refuses humans for whom no authority vouches. */
  readonly mode?: 'asserted' | 'verified'
  readonly authority?: Authority
  /** Asked again for every decision; a person whom it does not know may not decide. Without it an actor's own roles count. */
  readonly directory?: (tenant: string, id: string) => Promise<Person | null> | Person | null
  /** Refuses an ai-agent that does not say which model was asked what, with `invalid_actor`. */
  readonly requireAttribution?: boolean
  /** With `verified`: after this time people have to authenticate again. */
  readonly maxAgeMs?: number
}

export interface Today {
  /** With the roles and groups of today. */
  readonly actor: Actor
  readonly identityClass: string
  /** All ids of this person that the directory knows; empty without a directory. */
  readonly accounts: readonly string[]
}

export interface Identity {
  /** A frozen copy of the actor, and why it is refused, if it is. Throws `invalid_actor`. */
  admit(input: unknown): Admission
  /** Who the directory says this is today; null if it does not know the person. */
  today(tenant: string, actor: Actor): Promise<Today | null>
  /** The other ids of the person who has this one, as the directory knows them today. */
  otherAccounts(tenant: string, id: string): Promise<readonly string[]>
  /** Without a directory the roles of a person never change after they acted. */
  readonly hasDirectory: boolean
}

const keys: KnownKeys<IdentityOptions> = {
  mode: true,
  authority: true,
  directory: true,
  requireAttribution: true,
  maxAgeMs: true,
}

/** How long to wait for a directory, while other decisions about the run wait too. */
interface Patience {
  readonly clock: Clock
  readonly timeoutMs: number
}

export function createIdentity(options: IdentityOptions = {}, patience: Patience): Identity {
  checkOptions(options)
  const { mode = 'asserted', authority, directory, requireAttribution, maxAgeMs } = options
  const rules = { mode, authority, requireAttribution, maxAgeMs }
  return {
    hasDirectory: directory !== undefined,
    admit: (input) =>
      admitActor(input, maxAgeMs === undefined ? rules : { ...rules, now: patience.clock.now() }),
    async today(tenant, actor) {
      if (!directory) return { actor, identityClass: actor.id, accounts: [] }
      const person = await ask(directory, patience, tenant, actor.id)
      if (!person) return null
      const { identityClass = actor.id, accounts, ...names } = person
      return { actor: { ...actor, ...names }, identityClass, accounts }
    },
    async otherAccounts(tenant, id) {
      const person = directory && (await ask(directory, patience, tenant, id))
      return person?.accounts.filter((account) => spellingOf(account) !== spellingOf(id)) ?? []
    },
  }
}

function checkOptions(options: IdentityOptions): void {
  refuseStrayKeys(options, keys, {
    what: 'The identity',
    code: 'invalid_config',
    path: '/identity',
  })
  const { mode = 'asserted', authority, directory, requireAttribution, maxAgeMs } = options
  if (mode !== 'asserted' && mode !== 'verified')
    throw unreadable('mode', 'Write asserted or verified.')
  if (authority !== undefined && typeof authority?.vouches !== 'function')
    throw unreadable('authority', 'Make one with createAuthority.')
  if (directory !== undefined && typeof directory !== 'function')
    throw unreadable('directory', 'Give a function that finds a person by tenant and id.')
  if (requireAttribution !== undefined && typeof requireAttribution !== 'boolean')
    throw unreadable('requireAttribution', 'Write true or false.')
  if (maxAgeMs === undefined) return
  if (mode === 'asserted' || !Number.isSafeInteger(maxAgeMs) || maxAgeMs < 1)
    throw unreadable('maxAgeMs', 'Give whole milliseconds, with the mode verified.')
}

function unreadable(key: keyof IdentityOptions, hint: string): LoopError {
  return new LoopError('invalid_config', 'An option of the identity could not be read.', {
    path: `/identity/${key}`,
    hint,
  })
}

async function ask(
  directory: NonNullable<IdentityOptions['directory']>,
  { clock, timeoutMs }: Patience,
  tenant: string,
  id: string,
): Promise<KnownPerson | null> {
  try {
    return readPerson(await withDeadline(clock, timeoutMs, async () => directory(tenant, id)))
  } catch (error) {
    if (isLoopError(error) && error.code !== 'timeout') throw error
    throw new LoopError('unavailable', 'The directory of people did not answer.', {
      retryable: true,
      hint: 'Nothing was decided; decide again when it is back.',
      cause: error,
    })
  }
}

type KnownPerson = Required<Omit<Person, 'identityClass'>> & Pick<Person, 'identityClass'>

/** Refuses an answer that is no person: `true`, or a text, would make the person known, without roles. */
function readPerson(person: unknown): KnownPerson | null {
  if (!person) return null
  if (!isRecord(person)) throw noPerson('Answer with an object, or with null for who is not known.')
  const identityClass = person.identityClass ?? undefined
  if (identityClass !== undefined && typeof identityClass !== 'string')
    throw noPerson('An identity class is text.')
  return {
    roles: namesOf(person.roles),
    groups: namesOf(person.groups),
    identityClass,
    accounts: namesOf(person.accounts),
  }
}

/** Reads roles, groups or accounts. A single text is refused: it would be read as a list of letters. */
function namesOf(names: unknown): string[] {
  if (names === undefined || names === null) return []
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return [...names]
  throw noPerson('Roles, groups and accounts are lists of texts.')
}

function noPerson(hint: string): LoopError {
  return new LoopError('bad_response', 'The directory of people answered with what is no person.', {
    hint,
  })
}
