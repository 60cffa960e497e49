import { hasRole } from '@loop-engine/actors'
import type { Guard, JsonValue } from '@loop-engine/core'

import { checkedBy, listOf, text, textOf } from './parameters.ts'

/** `{ roles: ['finance', 'lead'] }`: the actor bears at least one of them itself. */
export const roleRequired: Guard = {
  contract: 'guard/v1',
  id: 'role-required',
  description: 'The actor bears one of `roles`.',
  check: checkedBy({ roles: listOf(text, 'role names') }),
  evaluate: ({ actor, parameters: { roles } }) => ({
    passed: Array.isArray(roles) && roles.some((role: JsonValue) => hasRole(actor, textOf(role))),
    message: 'The actor bears none of the roles that this needs.',
  }),
}
