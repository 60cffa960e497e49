import type { GuardResult } from '@loop-engine/core'
import { z } from 'zod'

import { visibleLine } from './untrusted.ts'

export const failedGuardsSchema = z.array(
  z.object({ id: z.string(), severity: z.string(), why: z.string().optional() }),
)

/** The guards that did not pass; undefined if all passed. */
export function failedGuardsOf(
  guards: readonly GuardResult[] = [],
): z.infer<typeof failedGuardsSchema> | undefined {
  const failed = guards.filter(({ passed }) => !passed)
  return failed.length > 0 ? failed.map(shownGuard) : undefined
}

function shownGuard({
  id,
  severity,
  message,
  reason,
}: GuardResult): z.infer<typeof failedGuardsSchema>[number] {
  const why = message ?? reason
  return { id, severity, ...(why !== undefined && { why: visibleLine(why) }) }
}
