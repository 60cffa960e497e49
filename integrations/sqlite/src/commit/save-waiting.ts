import { waitsFor, type ApprovalRequest } from '@loop-engine/core'

import type { Connection } from '../connection/connection.ts'

/** Keeps a row for each name that a request waits for. Expects to run inside a transaction. */
export function createWaitingWriter({
  prepare,
}: Connection): (tenant: string, request: ApprovalRequest) => void {
  const wait = prepare(
    'INSERT OR IGNORE INTO waiting (tenant, reviewer, created_at, id) VALUES (?, ?, ?, ?)',
  )
  const forget = prepare(
    'DELETE FROM waiting WHERE tenant = ? AND reviewer = ? AND created_at = ? AND id = ?',
  )
  return (tenant, request) => {
    const { createdAt, id } = request
    const names = new Set(waitsFor(request))
    for (const name of everNamed(request))
      if (!names.has(name)) forget.run(tenant, name, createdAt, id)
    for (const name of names) wait.run(tenant, name, createdAt, id)
  }
}

/** All names that the request can have waited for: a name is never removed from a request. */
function everNamed({ policy, escalated, delegations }: ApprovalRequest): ReadonlySet<string> {
  return new Set([
    ...policy.stages.flatMap(({ reviewers }) => reviewers),
    ...escalated,
    ...delegations.map(({ to }) => to),
  ])
}
