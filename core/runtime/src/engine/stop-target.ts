import { LoopError, notBlank, refuseStrayKeys, spellingOf, stopScope } from '@loop-engine/core'

import { isText } from '../check-input.ts'

export type StopTarget =
  | { readonly everything: true }
  | { readonly tenant: string }
  | { readonly loopId: string; readonly tenant?: string }
  | { readonly aggregateId: string; readonly tenant?: string }
  | { readonly actorId: string; readonly tenant?: string }

/** The scope that a target names, and the tenant in whose record it is kept. */
export interface StopScope {
  readonly scope: string
  readonly tenant: string
  readonly actorId?: string
}

const targetKeys = {
  everything: true,
  tenant: true,
  loopId: true,
  aggregateId: true,
  actorId: true,
} as const
const kinds = { loopId: 'loop', aggregateId: 'instance', actorId: 'actor' } as const

/** Refuses every ambiguous target, which could stop or release something that nobody meant. */
export function scopeOf(target: StopTarget): StopScope {
  refuseStrayKeys(target, targetKeys, { what: 'The target of a stop', path: '/target' })
  const given: { readonly [Key in keyof typeof targetKeys]?: unknown } = target
  const tenant = nameOf(given.tenant ?? 'default', 'tenant')
  const [kind, ...more] = (['everything', 'loopId', 'aggregateId', 'actorId'] as const).filter(
    (key) => given[key] !== undefined,
  )
  if (more.length > 0 || (kind ?? given.tenant) === undefined)
    throw new LoopError('invalid_input', 'A stop has one target.', {
      path: '/target',
      hint: 'Name one of everything, loopId, aggregateId and actorId; or a tenant alone.',
    })
  if (kind === undefined) return { scope: stopScope('tenant', tenant), tenant }
  if (kind !== 'everything') {
    const name = nameOf(given[kind], kind)
    const scope = stopScope(kinds[kind], tenant, name)
    return { scope, tenant, ...(kind === 'actorId' && { actorId: name }) }
  }
  // A stop of everything is always recorded in this tenant, where `verify` looks for it.
  if (given.everything === true) return { scope: '*', tenant: 'default' }
  throw new LoopError('invalid_input', 'Everything is stopped with `true`.', {
    path: '/target/everything',
  })
}

function nameOf(value: unknown, key: keyof typeof targetKeys): string {
  // `user:` alone names nobody.
  const name = typeof value === 'string' && key === 'actorId' ? spellingOf(value) : value
  if (typeof value === 'string' && isText(name, 256) && notBlank.test(name)) return value
  throw new LoopError('invalid_input', 'The target of a stop is named by text.', {
    path: `/target/${key}`,
    hint: 'Write text of 1 to 256 characters that is not blank.',
  })
}
