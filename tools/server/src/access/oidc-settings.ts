import { LoopError } from '@loop-engine/core'

import type { OidcOptions } from './oidc.ts'
import { scopes, type Scope } from './principal.ts'

export interface OidcSettings {
  readonly oidcIssuer?: string
  readonly oidcAudience?: string
  /** Each is written `role=scope,scope`. */
  readonly scopeOfRole?: readonly string[]
}

/** Reads the issuer from the options of a command line; an empty list without one. */
export function readOidc({
  oidcIssuer: issuer,
  oidcAudience: audience,
  scopeOfRole = [],
}: OidcSettings): readonly OidcOptions[] {
  if (issuer === undefined && audience === undefined && scopeOfRole.length === 0) return []
  if (issuer === undefined || audience === undefined)
    throw new LoopError('invalid_config', 'An issuer and an audience belong together.', {
      hint: 'Give --oidc-issuer and --oidc-audience: without an audience, tokens for other services would be accepted here.',
    })
  if (!/^https?:$/.test(URL.parse(issuer)?.protocol ?? ''))
    throw new LoopError('invalid_config', 'The issuer is no URL with http or https.', {
      hint: 'Write it exactly as in the `iss` of its tokens, such as https://id.example.com.',
    })
  return [{ issuer, audience, scopesOfRole: Object.fromEntries(scopeOfRole.map(readPair)) }]
}

function readPair(text: string): [string, Scope[]] {
  const [role = '', list = ''] = text.split('=', 2)
  const granted = list
    .split(',')
    .filter((name): name is Scope => scopes.some((scope) => scope === name))
  if (role !== '' && granted.length > 0 && granted.length === list.split(',').length)
    return [role, granted]
  throw new LoopError('invalid_config', 'The scopes of a role must be written role=scope,scope.', {
    hint: `The scopes are ${scopes.join(', ')}.`,
  })
}
