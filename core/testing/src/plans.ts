import {
  genesisHash,
  sealEntry,
  type Actor,
  type ApprovalRequest,
  type CommitPlan,
  type EntryDraft,
  type LoopInstance,
  type OutboxItem,
  type SealedEvidence,
  type StoredEntry,
} from '@loop-engine/core'

/** The time of the first entry of every built run, epoch milliseconds; each later entry is one second later. */
export const planEpoch = 1_750_000_000_000

const digest = 'd'.repeat(64)
const actor: Actor = { type: 'automation', id: 'tester' }

/** The fields in which a built entry differs from the others. */
export type EntryChange = Partial<Omit<EntryDraft, 'tenant' | 'aggregateId' | 'runId'>> & {
  readonly sealed?: SealedEvidence
}

/** The first commit of a run: one `loop.started` entry. */
export function startPlan(
  instance: Partial<LoopInstance> = {},
  plan: Partial<CommitPlan> = {},
): CommitPlan {
  const aggregateId = instance.aggregateId ?? 'order-1'
  const blank: LoopInstance = {
    tenant: 'acme',
    loopId: 'order',
    aggregateId,
    runId: `run-of-${aggregateId}`,
    definition: { version: '1.0.0', digest },
    currentState: 'open',
    status: 'active',
    version: 0,
    stateVersion: 1,
    transitions: 0,
    openApprovals: 0,
    metadata: {},
    tags: [],
    correlationId: null,
    createdAt: planEpoch,
    updatedAt: planEpoch,
    head: genesisHash,
    ...instance,
  }
  return nextPlan(blank, [{ type: 'loop.started', status: blank.status }], plan)
}

/** The commit that follows `before`: one sealed entry for each change, and the run that results. */
export function nextPlan(
  before: LoopInstance,
  changes: readonly EntryChange[] = [{}],
  plan: Partial<CommitPlan> = {},
  instance: Partial<LoopInstance> = {},
): CommitPlan {
  const entries: StoredEntry[] = []
  let link = { version: before.version, head: before.head }
  for (const { sealed, ...change } of changes) {
    const entry = sealEntry(draft(before, link.version, change), link, sealed ?? null)
    entries.push(entry)
    link = { version: entry.seq, head: entry.hash }
  }
  const newest = entries.at(-1)
  return {
    tenant: before.tenant,
    instance: { ...before, ...link, updatedAt: newest?.at ?? before.updatedAt, ...instance },
    expectedVersion: before.version,
    entries,
    scopes: [],
    ...plan,
  }
}

function draft(before: LoopInstance, version: number, change: Partial<EntryDraft>): EntryDraft {
  const type = change.type ?? 'loop.transition.executed'
  return {
    tenant: before.tenant,
    loopId: before.loopId,
    aggregateId: before.aggregateId,
    runId: before.runId,
    type,
    at: before.createdAt + version * 1000,
    durability: 'memory',
    definition: digest,
    actor,
    ...(type === 'loop.transition.executed' && { transitionId: 'step' }),
    ...change,
  }
}

/** An outbox item caused by the newest entry of `instance`, due when the run was last updated. */
export function outboxItem(instance: LoopInstance, change: Partial<OutboxItem> = {}): OutboxItem {
  const { tenant, aggregateId, runId, version, updatedAt, head } = instance
  return {
    id: `${head}:${change.name ?? 'mailer'}`,
    tenant,
    aggregateId,
    runId,
    lane: `effect:${runId}`,
    kind: 'effect',
    name: 'mailer',
    seq: version,
    payload: '{"to":"someone"}',
    dueAt: updatedAt,
    ...change,
  }
}

/** A pending approval request of `instance`. */
export function approvalRequest(
  instance: LoopInstance,
  change: Partial<ApprovalRequest> = {},
): ApprovalRequest {
  const { tenant, loopId, aggregateId, runId, stateVersion, updatedAt } = instance
  const expiresAt = updatedAt + 3_600_000
  return {
    id: `approval-of-${runId}`,
    tenant,
    loopId,
    aggregateId,
    runId,
    transitionId: 'step',
    requester: actor,
    revision: 1,
    stateVersion,
    evidence: { amount: 12.5 },
    salt: '0'.repeat(32),
    actionDigest: digest,
    view: {
      title: 'Take the step',
      loop: { id: loopId, name: 'Order', version: '1.0.0' },
      aggregateId,
      transition: { id: 'step', from: 'open', to: 'open' },
      requester: { type: actor.type, id: actor.id },
      fields: [{ path: '/amount', label: 'Amount', value: 12.5, fromModel: false }],
      warnings: [],
      ifNothing: 'The request expires.',
      expiresAt,
    },
    viewHash: digest,
    policy: { stages: [{ reviewers: ['*'], quorum: 1 }], fourEyes: true, expiresIn: '1h' },
    stage: 0,
    decisions: [],
    delegations: [],
    escalated: [],
    status: 'pending',
    messages: {},
    guards: [],
    createdAt: updatedAt,
    expiresAt,
    decidedAt: null,
    executedBy: null,
    ...change,
  }
}
