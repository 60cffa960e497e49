import {
  applyEntry,
  digestOf,
  evidenceDigest,
  genesisHash,
  sealEntry,
  canonicalize,
  type Actor,
  type EntryDraft,
  type JsonObject,
  type LoopDefinition,
  type LoopInstance,
  type LoopStore,
  type StoredEntry,
} from '@loop-engine/core'
import { createMemoryStore } from '@loop-engine/runtime'

export const refund: LoopDefinition = {
  id: 'support.refund',
  version: '1.0.0',
  name: 'Refund',
  states: [
    { id: 'ASKED' },
    { id: 'PAYING' },
    { id: 'PAID', terminal: true },
    { id: 'DECLINED', terminal: true },
  ],
  initialState: 'ASKED',
  transitions: [
    {
      id: 'pay',
      from: 'ASKED',
      to: 'PAYING',
      signal: 'pay',
      actors: ['ai-agent'],
      guards: [{ id: 'sure', severity: 'hard', evaluatedBy: 'runtime' }],
      approval: {
        stages: [{ reviewers: ['role:finance'], quorum: 1 }],
        fourEyes: true,
        expiresIn: '1h',
      },
    },
    { id: 'paid', from: 'PAYING', to: 'PAID', signal: 'paid', actors: ['automation'], guards: [] },
    {
      id: 'decline',
      from: 'ASKED',
      to: 'DECLINED',
      signal: 'decline',
      actors: ['human'],
      guards: [],
    },
  ],
}
export const refundDigest = digestOf(refund)

export const agent: Actor = {
  type: 'ai-agent',
  id: 'agent:refunds',
  modelId: 'm-1',
  onBehalfOf: { type: 'human', id: 'olga' },
  assurance: { method: 'local' },
}
export const alice: Actor = {
  type: 'human',
  id: 'alice',
  roles: ['finance'],
  assurance: { method: 'oidc' },
}
const bank: Actor = { type: 'automation', id: 'integration:bank' }
const epoch = 1_760_000_000_000

type Step = Partial<EntryDraft> & Pick<EntryDraft, 'type'> & { readonly evidenceValue?: JsonObject }

const guards = [{ id: 'sure', use: 'sure', severity: 'hard', passed: true, durationUs: 3 }] as const
const actionDigest = digestOf('what is paid')
const paying = { amount: 250, to: 'Zoë' }

/** A whole refund: asked, approved by a person, paid. */
export function wholeStory(
  runId: string,
  change: (step: Step, index: number) => Step = (step) => step,
): readonly Step[] {
  const approval = { id: `${runId}:2`, revision: 1, viewHash: digestOf('view') }
  const steps: Step[] = [
    {
      type: 'loop.started',
      actor: agent,
      toState: 'ASKED',
      status: 'active',
      data: { version: '1.0.0', metadata: { channel: 'mail' } },
    },
    {
      type: 'loop.approval.requested',
      actor: agent,
      transitionId: 'pay',
      fromState: 'ASKED',
      guards,
      actionDigest,
      approval: { ...approval, expiresAt: epoch + 3_600_000 },
      evidenceValue: paying,
    },
    {
      type: 'loop.approval.approved',
      actor: alice,
      transitionId: 'pay',
      actionDigest,
      approval: { ...approval, decision: 'approve', stage: 0 },
    },
    {
      type: 'loop.transition.executed',
      actor: agent,
      transitionId: 'pay',
      fromState: 'ASKED',
      toState: 'PAYING',
      guards,
      actionDigest,
      approval: { ...approval, reviewers: ['alice'] },
      evidenceValue: paying,
    },
    {
      type: 'loop.transition.executed',
      actor: bank,
      transitionId: 'paid',
      fromState: 'PAYING',
      toState: 'PAID',
      status: 'completed',
    },
  ]
  return steps.map(change)
}

/** Seals steps into a run, exactly as the engine does. */
export function sealRun(
  aggregateId: string,
  steps: readonly Step[],
  tenant = 'default',
): { instance: LoopInstance; entries: readonly StoredEntry[] } {
  let instance: LoopInstance | null = null
  const entries: StoredEntry[] = []
  for (const [index, { evidenceValue, ...step }] of steps.entries()) {
    const sealed = evidenceValue
      ? { text: canonicalize(evidenceValue), salt: String(index).padStart(32, '0') }
      : null
    const draft: EntryDraft = {
      tenant,
      loopId: refund.id,
      aggregateId,
      runId: `run-${aggregateId}`,
      at: epoch + index * 1000,
      durability: 'memory',
      definition: refundDigest,
      actor: bank,
      ...step,
      ...(sealed && { evidence: evidenceDigest(sealed) }),
    }
    const entry = sealEntry(draft, instance ?? { version: 0, head: genesisHash }, sealed)
    entries.push(entry)
    instance = applyEntry(instance, draft, entry)
  }
  if (!instance) throw new Error('A run has at least one step.')
  return { instance, entries }
}

export async function keep(
  store: LoopStore,
  { instance, entries }: ReturnType<typeof sealRun>,
): Promise<void> {
  const [result] = await store.commit([
    { tenant: instance.tenant, instance, expectedVersion: 0, entries, scopes: [] },
  ])
  if (result?.kind !== 'committed')
    throw new Error(`The fixture was not committed: ${result?.kind}`)
}

/** A store in memory with whole refunds under these keys. */
export async function storeWith(
  aggregateIds: readonly string[],
  tenant = 'default',
): Promise<LoopStore> {
  const store = createMemoryStore()
  await store.open()
  await store.putDefinition(refundDigest, canonicalize(refund))
  for (const id of aggregateIds) await keep(store, sealRun(id, wholeStory(`run-${id}`), tenant))
  return store
}

/** A store that answers like another one, but for what is replaced: an operator's hand in the rows. */
export function tampered(store: LoopStore, change: Partial<LoopStore>): LoopStore {
  return { ...store, ...change }
}
