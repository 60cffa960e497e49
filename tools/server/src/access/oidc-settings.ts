import { LoopError } from '@loop-engine/core'

import type { OidcOptions } from './oidc.ts'
import { scopes, type Scope } from './principal.ts'

export interface OidcSettings {
  readonly oidcIssuer?: string
  readonly oidcAudience?: string
  /** `role=scope,scope` each. */
  readonly scopeOfRole?: readonly string[]
}

/** The issuer that a command line names, if any. */
export function readOidc({
  oidcIssuer: issuer,
  oidcAudience: audience,
  scopeOfRole = [],
}: OidcSettings): readonly OidcOptions[] {
  if (issuer === undefined && audience === undefined && scopeOfRole.length === 0) return []
  if (issuer === undefined || audience === undefined)
    throw new LoopError('invalid_config', 'An issuer and an audience belong together.', {
      hint: 'Name both with --oidc-issuer and --oidc-audience: tokens for somebody else must not open this server.',
    })
  if (!/^https?:$/.test(URL.parse(issuer)?.protocol ?? ''))
    throw new LoopError('invalid_config', 'The issuer of tokens is no URL.', {
      hint: 'Write it as its tokens do, as https://id.example.com.',
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
  throw new LoopError('invalid_config', 'A role is given scopes as role=scope,scope.', {
    hint: `The scopes are ${scopes.join(', ')}.`,
  })
}
