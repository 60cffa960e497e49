import { LoopError, refuseStrayKeys } from '@loop-engine/core'

/** Throws `invalid_input` for an unknown option, and without a store or a tenant, of which everything would verify. */
export function checkOptions(
  what: string,
  options: { readonly store: unknown; readonly tenant: unknown },
  keys: Readonly<Record<string, true>>,
): void {
  refuseStrayKeys(options, keys, { what })
  const { store, tenant } = options
  if (typeof store !== 'object' || store === null)
    throw new LoopError('invalid_input', `${what} needs an open store.`, { path: '/store' })
  if (typeof tenant !== 'string' || tenant === '')
    throw new LoopError('invalid_input', `${what} needs the name of a tenant.`, { path: '/tenant' })
}

/** Refuses an empty list of keys, which may have lost its keys; without a list no signature is checked. */
export function checkKeys(keys: unknown): void {
  if (keys === undefined || (Array.isArray(keys) && keys.length > 0)) return
  throw new LoopError('invalid_input', 'There is no key that may have signed.', {
    path: '/keys',
    hint: 'Give a list of keys, or leave it out where no signature is to be checked.',
  })
}
