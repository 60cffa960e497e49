import { LoopError } from '../errors.ts'
import type { JsonObject } from '../json/json.ts'
import type { LoopInstance } from '../model/instance.ts'
import type { EntryDraft, EntryType } from './entry.ts'

const noTags: readonly string[] = Object.freeze([])
const noMetadata: JsonObject = Object.freeze({})

/**
 * The run after an entry: the only definition of what entries mean for state. The engine moves runs with it, and `verify`
 * checks with it that the stored run equals the fold of its record.
 */
export function applyEntry(
  instance: LoopInstance | null,
  entry: EntryDraft,
  sealed: { readonly seq: number; readonly hash: string },
): LoopInstance {
  if (instance === null) return startRun(entry, sealed)
  const moved =
    entry.toState !== undefined || entry.status !== undefined || entry.type === 'loop.migrated'
  return Object.freeze({
    tenant: instance.tenant,
    loopId: instance.loopId,
    aggregateId: instance.aggregateId,
    runId: instance.runId,
    definition: entry.type === 'loop.migrated' ? definitionOf(entry) : instance.definition,
    currentState: entry.toState ?? instance.currentState,
    status: entry.status ?? instance.status,
    version: sealed.seq,
    stateVersion: moved ? sealed.seq : instance.stateVersion,
    transitions: instance.transitions + (entry.type === 'loop.transition.executed' ? 1 : 0),
    openApprovals: instance.openApprovals + approvalsOpenedBy(entry.type),
    metadata: instance.metadata,
    tags: instance.tags,
    correlationId: instance.correlationId,
    createdAt: instance.createdAt,
    updatedAt: entry.at,
    head: sealed.hash,
  })
}

function startRun(entry: EntryDraft, sealed: { seq: number; hash: string }): LoopInstance {
  if (entry.type !== 'loop.started' || entry.toState === undefined) {
    throw new LoopError('corrupt', 'A run does not begin with loop.started.', {
      details: { runId: entry.runId },
    })
  }
  const data = entry.data ?? noMetadata
  return Object.freeze({
    tenant: entry.tenant,
    loopId: entry.loopId,
    aggregateId: entry.aggregateId,
    runId: entry.runId,
    definition: definitionOf(entry),
    currentState: entry.toState,
    status: entry.status ?? 'active',
    version: sealed.seq,
    stateVersion: sealed.seq,
    transitions: 0,
    openApprovals: 0,
    metadata: (data['metadata'] as JsonObject | undefined) ?? noMetadata,
    tags: (data['tags'] as readonly string[] | undefined) ?? noTags,
    correlationId: entry.correlationId ?? null,
    createdAt: entry.at,
    updatedAt: entry.at,
    head: sealed.hash,
  })
}

/** The definition to which an entry that starts or migrates a run pins it. */
function definitionOf({ definition, data }: EntryDraft): LoopInstance['definition'] {
  const version = data?.['version']
  return Object.freeze({ version: typeof version === 'string' ? version : '1', digest: definition })
}

const opened: Readonly<Partial<Record<EntryType, number>>> = {
  'loop.approval.requested': 1,
  'loop.approval.approved': -1,
  'loop.approval.rejected': -1,
  'loop.approval.expired': -1,
  'loop.approval.superseded': -1,
}

/** By how many an entry of this type changes the number of open requests: 1 opens one, -1 says how one ended. */
export function approvalsOpenedBy(type: EntryType): number {
  return opened[type] ?? 0
}
