import {
  ApplicationFailure,
  condition,
  isCancellation,
  patched,
  proxyActivities,
  workflowInfo,
  type WorkflowInfo,
} from '@temporalio/workflow'

import { failureTypes, type GateActivities, type GateReport } from '../names.ts'
import { enterGate, isAccepting, judge, type OpenGate } from './gate-registry.ts'
import { readToken, type TokenTrust, type VerifiedDecision } from './read-token.ts'
import { withdraw } from './waiting-calls.ts'

export interface HumanGateOptions {
  /** The name of the gate in the `gates` of the worker's plugin. */
  readonly gate: string
  /**
   * Needed if one workflow passes the same gate several times: different for each passage. The gate's name by default.
   */
  readonly id?: string
  /** What people decide about: plain JSON, which they are shown unchanged. */
  readonly input: unknown
  /** Whose decisions count. */
  readonly trust: TokenTrust
  /**
   * How long to wait before `waiting` is returned, so that the workflow can continue as new; the request stays open.
   * Unlimited by default.
   */
  readonly patienceMs?: number
  /** The task queue of a worker with the plugin; by default the queue of the workflow. */
  readonly taskQueue?: string
}

export interface GatePassage {
  readonly status:
    | 'passed'
    | 'approved'
    | 'rejected'
    | 'expired'
    | 'superseded'
    /** Withdrawn, or approved when a guard no longer passed. */
    | 'cancelled'
    | 'waiting'
  /** Absent if nobody had to be asked, or nobody answered. */
  readonly decision?: VerifiedDecision
}

/**
 * Waits, for days if need be, until people have decided; reminders, escalation and expiry are durable timers. The
 * status is `approved` only for a decision that was signed for exactly this request, never because time ran out. After
 * the workflow continued as new, the same gate finds the same request. If the workflow is cancelled, the request is
 * withdrawn. Throws `LoopEngine.Denied` if a guard or a policy refuses.
 */
export async function humanGate({
  gate,
  id = gate,
  input,
  trust,
  patienceMs = Infinity,
  taskQueue,
}: HumanGateOptions): Promise<GatePassage> {
  if (!isAccepting())
    throw ApplicationFailure.nonRetryable(
      'humanGate() needs the plugin of Loop Engine in the worker and in the bundle.',
      failureTypes.denied,
      { reason: 'no_plugin' },
    )
  const until = Date.now() + patienceMs
  const activities = proxyActivities<GateActivities>({
    startToCloseTimeout: '30s',
    retry: { maximumInterval: '1m' },
    ...(taskQueue !== undefined && { taskQueue }),
  })
  const firstRunId = passageOf(workflowInfo())
  const report = await activities.loopEngineOpenGate({ gate, id, input, firstRunId })
  const { request } = report
  if (!request) return { status: report.status === 'passed' ? 'passed' : 'cancelled' }
  const { runId, actionDigest } = request
  const open: OpenGate = { runId, actionDigest, trust, decision: undefined }
  enterGate(request.id, open)
  try {
    return await settled(open, report, until, () => activities.loopEngineTurnGate(request.id))
  } catch (error) {
    // Older histories do not contain the withdrawal.
    if (isCancellation(error) && patched('loop-engine:gate-withdraws'))
      await withdraw(request.id, taskQueue)
    throw error
  }
}

async function settled(
  open: OpenGate,
  first: GateReport,
  until: number,
  turn: () => Promise<GateReport>,
): Promise<GatePassage> {
  for (let report = first; ;) {
    const known =
      open.decision ?? (report.token === undefined ? undefined : judgeOnce(report.token))
    if (known) return { status: finalOf(known.status), decision: known }
    if (report.status === 'approved' || report.status === 'passed')
      throw ApplicationFailure.nonRetryable(
        'A request was approved, but nobody signed the decision.',
        failureTypes.denied,
        { reason: 'not_signed' },
      )
    if (report.status !== 'pending') return { status: report.status }
    const now = Date.now()
    if (now >= until) return { status: 'waiting' }
    // Half a second late, so that the item is due by the engine's clock as well.
    const next = (report.dueAt.find((at) => at > now) ?? now + 60_000) + 500
    const decided = await condition(() => open.decision !== undefined, Math.min(next, until) - now)
    if (!decided && Date.now() < until) report = await turn()
  }
}

/**
 * Verifies a token from an activity like one from outside, and notes in the history that it did: a replay happens
 * later, perhaps with other keys, and must end in the same way.
 */
function judgeOnce(token: string): VerifiedDecision {
  const claimed = readToken(token)
  const note = `loop-engine:${claimed.requestId}:${claimed.status}`
  if (workflowInfo().unsafe.isReplaying && patched(note)) return claimed
  const decision = judge(token)
  patched(note)
  return decision
}

function finalOf(status: VerifiedDecision['status']): GatePassage['status'] {
  return status === 'pending' ? 'cancelled' : status
}

/** Identifies a passage: runs that continue as new are one, but each run of a cron schedule is a passage of its own. */
function passageOf({ cronSchedule, runId, firstExecutionRunId }: WorkflowInfo): string {
  return cronSchedule ? runId : firstExecutionRunId
}
