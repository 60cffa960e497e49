import { LoopError, type Actor, type Assurance } from '@loop-engine/core'

import { attributionFields, copyActor } from './copy-actor.ts'

const asserted: Assurance = Object.freeze({ method: 'asserted' })
const requiredAttribution = ['provider', 'modelId', 'promptHash'] as const

/** Remembers which actors were authenticated. */
export interface Authority {
  readonly name: string
  /**
   * Returns a frozen copy of an actor with the assurance that says how it was authenticated. Throws `invalid_actor`.
   */
  vouch(actor: Actor, assurance: Assurance): Actor
  /** True only for the very objects that `vouch` returned, never for a copy or for JSON. */
  vouches(actor: unknown): actor is Actor
}

/**
 * Creates an authority. The code that authenticates (a server, the intake of a channel) creates it and hands it to the
 * engine. Throws `invalid_config` without a name.
 */
export function createAuthority({ name }: { readonly name: string }): Authority {
  if (typeof name !== 'string' || name === '')
    throw new LoopError('invalid_config', 'An authority needs a name.', { path: '/name' })
  const known = new WeakSet<object>()
  return {
    name,
    vouch(actor, assurance) {
      if (!assurance)
        throw new LoopError(
          'invalid_actor',
          'To vouch for an actor, say how it was authenticated.',
          {
            path: '/assurance',
            hint: 'Give an assurance with its method, such as oidc or api-key.',
          },
        )
      const vouched = attributed(copyActor({ ...actor, assurance }))
      known.add(vouched)
      return vouched
    },
    vouches: (actor): actor is Actor =>
      typeof actor === 'object' && actor !== null && known.has(actor),
  }
}

export interface AdmissionOptions {
  readonly authority?: Authority
  /** `asserted` admits everybody; `verified` refuses humans whom the authority does not vouch for. */
  readonly mode: 'asserted' | 'verified'
  /** Refuses an ai-agent without `provider`, `modelId` or `promptHash`. */
  readonly requireAttribution?: boolean
  /** The time of admission, epoch milliseconds; `maxAgeMs` needs it. */
  readonly now?: number
  /** In `verified` mode a person has to authenticate again after this long; by default never. */
  readonly maxAgeMs?: number
}

export type Admission =
  | { readonly actor: Actor; readonly refused?: undefined }
  | {
      readonly actor: Actor
      readonly refused: 'identity_not_verified'
      readonly message: string
    }

/**
 * Reads an actor from outside into a frozen copy whose `assurance` says how it was authenticated: an assurance that the
 * authority did not give is replaced by `asserted`. Throws `invalid_actor` with a path.
 */
export function admitActor(input: unknown, options: AdmissionOptions): Admission {
  const { authority, mode, requireAttribution = false } = options
  const vouched = authority !== undefined && authority.vouches(input)
  const actor = vouched ? input : attributed(copyActor(input, asserted))
  if (requireAttribution && actor.type === 'ai-agent') refuseAnonymousModel(actor)
  if (mode === 'asserted' || actor.type !== 'human') return { actor }
  if (!vouched) return refused(actor, 'This system accepts only people who were authenticated.')
  if (isStale(actor, options)) return refused(actor, 'This person has to authenticate again.')
  return { actor }
}

function refused(actor: Actor, message: string): Admission {
  return { actor, refused: 'identity_not_verified', message }
}

function isStale({ assurance }: Actor, { now, maxAgeMs }: AdmissionOptions): boolean {
  if (maxAgeMs === undefined || now === undefined) return false
  return assurance?.at === undefined || now - assurance.at > maxAgeMs
}

function attributed(actor: Actor): Actor {
  if (actor.type === 'ai-agent') return actor
  for (const field of attributionFields) {
    if (actor[field] === undefined) continue
    throw new LoopError('invalid_actor', 'Only an ai-agent may be attributed to a model.', {
      path: `/${field}`,
      hint: 'Leave the field out, or give the actor the type ai-agent.',
    })
  }
  return actor
}

function refuseAnonymousModel(actor: Actor): void {
  const missing = requiredAttribution.find((field) => actor[field] === undefined)
  if (missing === undefined) return
  throw new LoopError('invalid_actor', 'An ai-agent does not name its model and its prompt.', {
    path: `/${missing}`,
    hint: 'Give provider, modelId and promptHash, as every adapter does.',
  })
}
