import type { Session } from '../session.ts'
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

const tools: readonly Tool[] = [
  listLoops,
  listRuns,
  getRun,
  getHistory,
  listTransitions,
  getApproval,
  listExceptions,
  requestTransition,
  startRun,
]

/** The tools for a client: only those that read if it may only read, and no `start_run` if no loop may be started. */
export function toolsFor({ principal, startable }: Session): readonly Tool[] {
  const offered = principal.readOnly ? tools.filter(({ changes }) => !changes) : tools
  return startable.size > 0 ? offered : offered.filter((tool) => tool !== startRun)
}
