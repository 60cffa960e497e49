import type { StoredEntry } from '@loop-engine/core'

import type { Judgement } from '../judging/attempt.ts'
import type { Evidence } from '../judging/evidence.ts'
import type { Kernel } from '../kernel.ts'
import type { Change } from './change.ts'
import { enqueueApproval, enqueueOrder } from './orders.ts'

/** Appends the entry of a judgement, with its evidence and what it orders. */
export function record(
  change: Change,
  { ruling, request }: Judgement,
  evidence: Evidence,
  kernel: Kernel,
): StoredEntry {
  const entry = change.append(ruling.draft, evidence.sealed)
  for (const order of ruling.orders) enqueueOrder(change, order, entry.seq, entry.at)
  if (request) {
    change.upsert(request)
    enqueueApproval(change, request, kernel)
  }
  return entry
}
