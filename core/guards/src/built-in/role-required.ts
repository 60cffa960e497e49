import { hasRole } from '@loop-engine/actors'
import type { Guard, JsonValue } from '@loop-engine/core'

import { checkedBy, listOf, text, textOf, type ParameterCheck } from './parameters.ts'

/** The name of a role as an actor has it; only reviewers are written `role:finance`. */
const roleName: ParameterCheck = (value) =>
  textOf(value).startsWith('role:') ? 'a role' : text(value)

/** `{ roles: ['finance', 'lead'] }`: the actor itself has at least one of these roles. */
export const roleRequired: Guard = {
  contract: 'guard/v1',
  id: 'role-required',
  description: 'The actor bears one of `roles`.',
  check: checkedBy({ roles: listOf(roleName, 'role names, such as finance and not role:finance') }),
  evaluate: ({ actor, parameters: { roles } }) => ({
    passed: Array.isArray(roles) && roles.some((role: JsonValue) => hasRole(actor, textOf(role))),
    message: 'The actor bears none of the roles that this needs.',
  }),
}
