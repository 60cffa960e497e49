import type { JsonObject } from '../json/json.ts'

/** `suspended` until somebody resumes the run; the last three are final. */
export const instanceStatuses = ['active', 'suspended', 'completed', 'failed', 'cancelled'] as const
export type InstanceStatus = (typeof instanceStatuses)[number]

/** How much an acknowledged commit survives: `memory` nothing, `process` a crash, `power` a power cut, `replicated` the loss of a machine. */
export const durabilities = ['memory', 'process', 'power', 'replicated'] as const
export type Durability = (typeof durabilities)[number]

/** One run of a loop. Always equal to the fold of its ledger entries. */
export interface LoopInstance {
  readonly tenant: string
  readonly loopId: string
  /** The business key; at most one open run per tenant has it. */
  readonly aggregateId: string
  /** Unique for ever; history belongs to the run. */
  readonly runId: string
  /** Pinned at start; changes only by a recorded migration. */
  readonly definition: { readonly version: string; readonly digest: string }
  readonly currentState: string
  readonly status: InstanceStatus
  /** The `seq` of the newest entry; every commit raises it. */
  readonly version: number
  /** The `seq` of the entry that last changed state, status or definition. */
  readonly stateVersion: number
  /** Transitions executed so far. */
  readonly transitions: number
  /** Approval requests that are pending. */
  readonly openApprovals: number
  readonly metadata: JsonObject
  readonly tags: readonly string[]
  readonly correlationId: string | null
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Epoch milliseconds. */
  readonly updatedAt: number
  /** Hash of the newest entry. */
  readonly head: string
}

/** Whether a run may still move; the others are final. */
export function isOpen(status: InstanceStatus): boolean {
  return status === 'active' || status === 'suspended'
}

/** Whether a key is the engine's own, such as that of the record of stops; no business key begins with a dollar sign. */
export function isReservedKey(aggregateId: string): boolean {
  return aggregateId.startsWith('$')
}
