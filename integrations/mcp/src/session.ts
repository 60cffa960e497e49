import {
  digestOf,
  LoopError,
  type Actor,
  type ApprovalRequest,
  type LoopDefinition,
  type LoopInstance,
} from '@loop-engine/core'
import type { Approvals, LoopEngine, Relay } from '@loop-engine/sdk'

import type { McpPrincipal } from './principal.ts'

/** The part of a system that the server may call. It has nothing that decides, cancels, stops or migrates. */
export interface McpSystem {
  readonly engine: Pick<
    LoopEngine,
    'get' | 'find' | 'history' | 'available' | 'transition' | 'start'
  >
  readonly approvals: Pick<Approvals, 'get' | 'find'>
  readonly relay: Pick<Relay, 'deadLetters'>
}

/** The loops that clients may see. */
export interface Catalogue {
  readonly loops: ReadonlyMap<string, { readonly loop: LoopDefinition; readonly digest: string }>
  /** Ids of the loops that clients may start. */
  readonly startable: ReadonlySet<string>
}

/** One client: who it is, and what it can reach. */
export interface Session extends McpSystem, Catalogue {
  readonly principal: McpPrincipal
  readonly agent: Actor
  readonly tenant: string
  /** Told of unexpected errors, whose details the client does not get. */
  readonly report: (error: unknown) => void
  /** The page where a person decides a waiting request. */
  readonly decisionUrl: (request: ApprovalRequest) => string | undefined
}

export function catalogueOf(
  definitions: readonly LoopDefinition[],
  startable: readonly string[],
): Catalogue {
  const loops = new Map(definitions.map((loop) => [loop.id, { loop, digest: digestOf(loop) }]))
  const unknown = startable.find((id) => !loops.has(id))
  if (unknown === undefined) return { loops, startable: new Set(startable) }
  throw new LoopError('invalid_config', 'A startable loop is not among the loops.', {
    path: '/startable',
    details: { loopId: unknown },
  })
}

/** The open or newest run of a business key. Throws `not_found` also for a run that the client may not see. */
export async function runOf(
  { engine, tenant, loops }: Session,
  aggregateId: string,
): Promise<LoopInstance> {
  const run = await engine.get({ tenant, aggregateId })
  if (run && loops.has(run.loopId)) return run
  throw new LoopError('not_found', 'No run has this business key.', {
    path: '/aggregateId',
    hint: 'Call list_runs for the runs of a loop.',
  })
}

export async function approvalOf(
  { approvals, tenant, loops }: Session,
  id: string,
): Promise<ApprovalRequest> {
  const request = await approvals.get({ id, tenant })
  if (request && loops.has(request.loopId)) return request
  throw new LoopError('not_found', 'No approval request has this id.', {
    path: '/approvalId',
    hint: 'Use the approvalId from the answer of request_transition.',
  })
}
