import {
  type ApprovalRequest,
  type IdempotencyRecord,
  type JsonObject,
  type LogHead,
  type LogLeaf,
  type LoopInstance,
  type Position,
  sha256Hex,
  type StoredEntry,
} from '@loop-engine/core'

export interface Run {
  instance: LoopInstance
  readonly entries: StoredEntry[]
}

interface Counter {
  readonly value: number
  readonly expiresAt: number
}

export interface Tenant {
  readonly runs: Map<string, Run>
  /** Runs by business key, oldest first. */
  readonly keys: Map<string, Run[]>
  readonly open: Map<string, Run>
  readonly approvals: Map<string, ApprovalRequest>
  /** The same requests by run and id: what a transition asks for must not look at a whole tenant. */
  readonly runApprovals: Map<string, Map<string, ApprovalRequest>>
  /** Those that wait, by each name that they wait for, and by id. */
  readonly waiting: Map<string, Map<string, ApprovalRequest>>
  /** What `keepMessage` was given, by request and channel. */
  readonly messages: Map<string, JsonObject>
  readonly idempotency: Map<string, IdempotencyRecord>
  readonly counters: Map<string, Counter>
  readonly spent: Map<string, string>
  /** Entries that the log does not have yet, oldest first. */
  unlogged: StoredEntry[]
  readonly leaves: LogLeaf[]
  /** The same leaves by run, each at the place of its entry. */
  readonly runLeaves: Map<string, (LogLeaf | undefined)[]>
  head: LogHead
}

export function emptyTenant(): Tenant {
  return {
    runs: new Map(),
    keys: new Map(),
    open: new Map(),
    approvals: new Map(),
    runApprovals: new Map(),
    waiting: new Map(),
    messages: new Map(),
    idempotency: new Map(),
    counters: new Map(),
    spent: new Map(),
    unlogged: [],
    leaves: [],
    runLeaves: new Map(),
    head: { size: 0, root: sha256Hex(''), frontier: [], note: null },
  }
}

/** The place of a run in the order of their start. */
export function runPosition({ createdAt, runId }: LoopInstance): Position {
  return { at: createdAt, id: runId }
}
