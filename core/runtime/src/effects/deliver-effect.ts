import { isLoopError, type OutboxClaim } from '@loop-engine/core'

import type { Delivery } from '../delivery.ts'
import type { Kernel } from '../kernel.ts'
import { act } from './act.ts'
import { begin } from './begin-effect.ts'
import { openJob, type EffectJob } from './effect-job.ts'
import { report, type Ending } from './report-effect.ts'

/** How often the end of an effect is reported before the next delivery treats it as interrupted. */
const mostReports = 3

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
  return 'kind' in acted ? acted : insist(kernel, job, acted)
}

/** Reports the end, which only this process knows, again if the store did nothing. */
async function insist(kernel: Kernel, job: EffectJob, ending: Ending): Promise<Delivery> {
  for (let reports = 1; ; reports += 1) {
    try {
      return await report(kernel, job, ending)
    } catch (error) {
      const didNothing = isLoopError(error) && error.code === 'unavailable'
      if (!didNothing || reports === mostReports) throw error
      kernel.report(error)
    }
  }
}
