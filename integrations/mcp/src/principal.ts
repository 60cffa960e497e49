import {
  refuseStrayKeys,
  sha256Hex,
  type Actor,
  type Assurance,
  type KnownKeys,
  type Principal,
} from '@loop-engine/core'
import type { Authority } from '@loop-engine/sdk'

/** Who is behind a client: as the application authenticated it, never as a client says. */
export interface McpPrincipal {
  readonly actor: Actor
  /** `default` unless given. */
  readonly tenant?: string
  /** Roles of the agent. A person's own are never passed on to it. */
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

/** A bound that is misspelt would be none. */
export function checkPrincipal(principal: McpPrincipal): void {
  const what = 'The principal of an MCP client'
  refuseStrayKeys(principal, principalKeys, { what, code: 'invalid_config', path: '/principal' })
}

const asserted: Assurance = { method: 'asserted' }

/**
 * The only actor that a client can be: an ai-agent on behalf of its principal, named after it, so that two principals
 * never share an agent, its keys or its stops. A principal that is an agent already is itself.
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

const longestId = 256

/** A principal's id may be as long as an id can be; its agent is then named after the hash of it. */
function nameFor({ type, id }: Principal): string {
  const name = `mcp:${type}:${id}`
  return name.length <= longestId ? name : `mcp:${type}#${sha256Hex(id)}`
}
