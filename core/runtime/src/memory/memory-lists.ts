import {
  type ApprovalQuery,
  type ApprovalRequest,
  comparePositions,
  cutApprovals,
  cutPage,
  type DeadLetter,
  type InstanceQuery,
  type LoopInstance,
  type Page,
  type Position,
  readCursor,
  readLimit,
} from '@loop-engine/core'

import { runPosition, type Tenant } from './memory-tenant.ts'

/** A page of the runs of a tenant, in the order of their start. */
export function findRuns(
  { runs, keys }: Tenant,
  { limit, cursor, ...wanted }: Omit<InstanceQuery, 'tenant'>,
): Page<LoopInstance> {
  const after = readCursor('run', cursor)
  const among =
    wanted.aggregateId === undefined ? runs.values() : (keys.get(wanted.aggregateId) ?? [])
  const found: LoopInstance[] = []
  for (const { instance } of among) {
    if (after !== null && comparePositions(runPosition(instance), after) <= 0) continue
    if (wanted.loopId !== undefined && wanted.loopId !== instance.loopId) continue
    if (wanted.state !== undefined && wanted.state !== instance.currentState) continue
    if (wanted.status !== undefined && wanted.status !== instance.status) continue
    if (wanted.tag !== undefined && !instance.tags.includes(wanted.tag)) continue
    if (instance.updatedAt < (wanted.updatedFrom ?? -Infinity)) continue
    if (instance.updatedAt >= (wanted.updatedUntil ?? Infinity)) continue
    found.push(instance)
  }
  found.sort((one, other) => comparePositions(runPosition(one), runPosition(other)))
  return cutPage('run', found, readLimit(limit), runPosition)
}

/** A page of the approval requests of a tenant: newest first, or for reviewers oldest first. */
export function findApprovals(
  { approvals, runApprovals, waiting }: Tenant,
  { limit, cursor, status, runId, aggregateId, loopId, reviewers }: Omit<ApprovalQuery, 'tenant'>,
): Page<ApprovalRequest> {
  const end = readCursor('approval', cursor)
  const direction = reviewers ? 1 : -1
  const ofRun = runId === undefined ? approvals : runApprovals.get(runId)
  const among = reviewers?.flatMap((name) => [...(waiting.get(name)?.values() ?? [])])
  const found = [...new Set(among ?? ofRun?.values())].filter(
    (request) =>
      (end === null || direction * comparePositions(approvalPosition(request), end) > 0) &&
      (status === undefined || status === request.status) &&
      (runId === undefined || runId === request.runId) &&
      (aggregateId === undefined || aggregateId === request.aggregateId) &&
      (loopId === undefined || loopId === request.loopId),
  )
  found.sort(
    (one, other) => direction * comparePositions(approvalPosition(one), approvalPosition(other)),
  )
  return cutApprovals(found, readLimit(limit))
}

/** A page of dead letters, in the order of their death. */
export function listDeadLetters(
  letters: readonly DeadLetter[],
  { limit, cursor }: { readonly limit?: number; readonly cursor?: string },
): Page<DeadLetter> {
  const after = readCursor('dead', cursor)
  const found = letters
    .filter((letter) => after === null || comparePositions(deadPosition(letter), after) > 0)
    .toSorted((one, other) => comparePositions(deadPosition(one), deadPosition(other)))
  return cutPage('dead', found, readLimit(limit), deadPosition)
}

function approvalPosition({ createdAt, id }: ApprovalRequest): Position {
  return { at: createdAt, id }
}

function deadPosition({ diedAt, id }: DeadLetter): Position {
  return { at: diedAt, id }
}
