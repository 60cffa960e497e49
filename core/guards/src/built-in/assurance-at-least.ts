import type { Guard } from '@loop-engine/core'

import { checkedBy, oneOf, textOf } from './parameters.ts'

/**
 * How well each method shows who somebody is, weakest first. A method that is not listed here is
 * weaker than all of them.
 *
 * | level | what was shown |
 * | --- | --- |
 * | `asserted` | code in the same process said so |
 * | `local` | access to this machine |
 * | `api-key` | possession of a long-lived secret |
 * | `signed-link` | access to a mailbox, once |
 * | `slack`, `pagerduty` | a session there, and a signed request from there |
 * | `oidc` | a fresh sign-in at the identity provider |
 * | `webauthn` | possession of a key that cannot be phished |
 */
const levels: ReadonlyMap<string, number> = new Map([
  ['asserted', 0],
  ['local', 1],
  ['api-key', 2],
  ['signed-link', 3],
  ['slack', 4],
  ['pagerduty', 4],
  ['oidc', 5],
  ['webauthn', 6],
])

/** `{ level: 'oidc' }`: the actor was authenticated at least this well. */
export const assuranceAtLeast: Guard = {
  contract: 'guard/v1',
  id: 'assurance-at-least',
  description: 'The actor was authenticated at least as well as `level`.',
  check: checkedBy({ level: oneOf([...levels.keys()]) }),
  evaluate({ actor, parameters: { level } }) {
    const needed = levels.get(textOf(level)) ?? Infinity
    const shown = levels.get(actor.assurance?.method ?? '') ?? -1
    return { passed: shown >= needed, message: 'The actor has to authenticate in a stronger way.' }
  },
}
