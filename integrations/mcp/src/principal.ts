import {
  refuseStrayKeys,
  sha256Hex,
  type Actor,
  type Assurance,
  type KnownKeys,
  type Principal,
} from '@loop-engine/core'
import type { Authority } from '@loop-engine/sdk'

/** Who is behind a client, as the application authenticated it; never what a client claims. */
export interface McpPrincipal {
  readonly actor: Actor
  /** `default` unless given. */
  readonly tenant?: string
  /** Roles of the agent. It never gets the roles of its person. */
  readonly agentRoles?: readonly string[]
  /** Leaves out the tools that change something. */
  readonly readOnly?: boolean
}

const principalKeys: KnownKeys<McpPrincipal> = {
  actor: true,
  tenant: true,
  agentRoles: true,
  readOnly: true,
}

/** Throws `invalid_config` for an unknown key, because a misspelt limit would limit nothing. */
export function checkPrincipal(principal: McpPrincipal): void {
  const what = 'The principal of an MCP client'
  refuseStrayKeys(principal, principalKeys, { what, code: 'invalid_config', path: '/principal' })
}

const asserted: Assurance = { method: 'asserted' }

/**
 * The only actor that a client can be: an ai-agent on behalf of its principal. Its id names the principal, so that two
 * principals never share an agent, its idempotency keys or its stops. A principal that is an agent already stays
 * itself.
 */
export function agentOf({ actor, agentRoles }: McpPrincipal, authority?: Authority): Actor {
  const { type, id, onBehalfOf, assurance = asserted } = actor
  const chain = onBehalfOf && { onBehalfOf }
  const agent: Actor = {
    type: 'ai-agent',
    ...(type === 'ai-agent'
      ? { id, ...chain, roles: agentRoles ?? actor.roles }
      : { id: nameFor({ type, id }), onBehalfOf: { type, id, ...chain }, roles: agentRoles }),
  }
  return authority ? authority.vouch(agent, assurance) : agent
}

const maxIdLength = 256

/** The id of a principal's agent. It has the hash of the principal's id if the id itself would make it too long. */
function nameFor({ type, id }: Principal): string {
  const name = `mcp:${type}:${id}`
  return name.length <= maxIdLength ? name : `mcp:${type}#${sha256Hex(id)}`
}
