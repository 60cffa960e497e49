import type { Tool } from '../tool.ts'
import { getApproval } from './get-approval.ts'
import { getHistory } from './get-history.ts'
import { getRun } from './get-run.ts'
import { listExceptions } from './list-exceptions.ts'
import { listLoops } from './list-loops.ts'
import { listRuns } from './list-runs.ts'
import { listTransitions } from './list-transitions.ts'
import { requestTransition } from './request-transition.ts'
import { startRun } from './start-run.ts'

export const readingTools: readonly Tool[] = [
  listLoops,
  listRuns,
  getRun,
  getHistory,
  listTransitions,
  getApproval,
  listExceptions,
]
export const changingTools: readonly Tool[] = [requestTransition]
/** Only where some loop may be started. */
export const startingTools: readonly Tool[] = [startRun]
