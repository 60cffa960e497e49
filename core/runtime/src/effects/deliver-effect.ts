import type { OutboxClaim } from '@loop-engine/core'

import type { Delivery } from '../delivery.ts'
import type { Kernel } from '../kernel.ts'
import { act } from './act.ts'
import { begin } from './begin-effect.ts'
import { openJob } from './effect-job.ts'
import { report } from './report-effect.ts'

/**
 * Runs one effect: spends its receipt in a commit of its own, acts, and commits the report together with the
 * transition that follows. A crash between the two leaves the receipt spent: an idempotent effect then runs again
 * under the same key, an at-most-once effect is recorded as unknown and never runs again.
 */
export async function deliverEffect(kernel: Kernel, claim: OutboxClaim): Promise<Delivery> {
  const job = await openJob(kernel, claim)
  const begun = await begin(kernel, job)
  if (begun.kind !== 'run') return begun
  const acted = await act(kernel, job, begun.action)
  return 'kind' in acted ? acted : report(kernel, job, acted)
}
