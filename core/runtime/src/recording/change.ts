import {
  applyEntry,
  genesisHash,
  publishItemId,
  sealEntry,
  type ApprovalRequest,
  type CommitPlan,
  type EntryDraft,
  type LoopInstance,
  type OutboxItem,
  type SealedEvidence,
  type StoredEntry,
  type TraceContext,
} from '@loop-engine/core'

/** The parts of a plan that its change does not gather. */
export type PlanRest = Pick<
  CommitPlan,
  'scopes' | 'idempotency' | 'reservations' | 'spend' | 'settle' | 'fence' | 'stops' | 'erase'
>

/** Gathers, in order, everything that one commit will do to one run. */
export interface Change {
  /** The run as it will be after what was appended so far. */
  readonly instance: LoopInstance
  readonly entries: readonly StoredEntry[]
  /** The requests that it opens, changes or closes, as they will be. */
  readonly approvals: readonly ApprovalRequest[]
  /** The place in a trace to which the orders belong, if that is not the current work. */
  readonly origin: TraceContext | undefined
  append(draft: EntryDraft, evidence?: SealedEvidence | null): StoredEntry
  enqueue(item: Omit<OutboxItem, 'tenant' | 'aggregateId' | 'runId' | 'seq'>): void
  cancel(itemId: string): void
  upsert(request: ApprovalRequest): void
  /** Orders the delivery of every entry to a sink. */
  publish(sink: string): void
  plan(rest: PlanRest): CommitPlan
}

const genesis = { version: 0, head: genesisHash }

/** Starts a change of a run. */
export function createChange(base: LoopInstance, origin?: TraceContext): Change {
  return gather(base, base.version, [], origin)
}

/** Starts a change that opens a run, by the entry that says so. */
export function createOpening(draft: EntryDraft, evidence: SealedEvidence | null = null): Change {
  const entry = sealEntry(draft, genesis, evidence)
  return gather(applyEntry(null, draft, entry), 0, [entry])
}

function gather(
  base: LoopInstance,
  expectedVersion: number,
  entries: StoredEntry[],
  origin?: TraceContext,
): Change {
  let instance = base
  let outbox: OutboxItem[] | undefined
  let approvals: Map<string, ApprovalRequest> | undefined
  let cancel: string[] | undefined

  return {
    get instance() {
      return instance
    },
    entries,
    get approvals() {
      return approvals ? [...approvals.values()] : []
    },
    origin,
    append(draft, evidence = null) {
      const entry = sealEntry(draft, instance, evidence)
      entries.push(entry)
      instance = applyEntry(instance, draft, entry)
      return entry
    },
    enqueue(item) {
      const { tenant, aggregateId, runId, version } = instance
      ;(outbox ??= []).push({ ...item, tenant, aggregateId, runId, seq: version })
    },
    cancel(itemId) {
      ;(cancel ??= []).push(itemId)
    },
    upsert(request) {
      ;(approvals ??= new Map()).set(request.id, request)
    },
    publish(sink) {
      outbox ??= []
      for (const entry of entries) outbox.push(publishItem(instance, entry, sink))
    },
    plan(rest) {
      return {
        ...rest,
        // Left out if it is empty, because stores commit a plan without reservations faster.
        reservations: rest.reservations?.length ? rest.reservations : undefined,
        tenant: instance.tenant,
        instance,
        expectedVersion,
        entries,
        approvals: approvals && [...approvals.values()],
        outbox,
        cancel,
      }
    },
  }
}

function publishItem(
  { tenant, aggregateId }: LoopInstance,
  { runId, seq, at }: StoredEntry,
  sink: string,
): OutboxItem {
  return {
    id: publishItemId({ runId, seq, name: sink }),
    tenant,
    aggregateId,
    runId,
    lane: `publish:${sink}:${runId}`,
    kind: 'publish',
    name: sink,
    seq,
    payload: '{}',
    dueAt: at,
  }
}
