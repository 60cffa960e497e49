import type { Assurance } from './actor.ts'

/**
 * How well each method shows who somebody is, weakest first. A method that is not listed is weaker than all of them.
 *
 * | method | what was shown |
 * | --- | --- |
 * | `asserted` | code in the same process said so |
 * | `local` | access to this machine; also `login-link`, by a link that was made here |
 * | `api-key` | possession of a long-lived secret |
 * | `pagerduty` | a note there; whoever holds an account's key can write one in another's name |
 * | `signed-link` | access to a mailbox, once |
 * | `slack` | a session there, and a signed request from there |
 * | `oidc` | a fresh sign-in at the identity provider |
 * | `webauthn` | possession of a key that cannot be phished |
 */
export const assuranceMethods = [
  'asserted',
  'local',
  'api-key',
  'pagerduty',
  'signed-link',
  'slack',
  'oidc',
  'webauthn',
] as const
export type AssuranceMethod = (typeof assuranceMethods)[number]

const levels: ReadonlyMap<string, number> = new Map<string, number>([
  ...assuranceMethods.map((method, level) => [method, level] as const),
  // Recorded under its own name, and counts as `local`.
  ['login-link', assuranceMethods.indexOf('local')],
])

/** Whether somebody was authenticated at least as well as this method does it. */
export function isAssured(assurance: Assurance | undefined, atLeast: AssuranceMethod): boolean {
  const shown = levels.get(assurance?.method ?? '') ?? -1
  return shown >= (levels.get(atLeast) ?? Infinity)
}
