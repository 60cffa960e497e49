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
  /** Which gate: the name of a policy of the worker's plugin. */
  readonly gate: string
  /** Tells several passages of one gate in one workflow apart; the name of the gate by default. */
  readonly id?: string
  /** What people decide about: plain JSON, shown to them as it is. */
  readonly input: unknown
  /** Whose decisions count. */
  readonly trust: TokenTrust
  /**
   * How long to wait before `waiting` is returned, so that the workflow can continue as new; the request stays as it is.
   * Without end by default.
   */
  readonly patienceMs?: number
  /** Where a worker with the plugin listens; the queue of the workflow by default. */
  readonly taskQueue?: string
}

export interface GatePassage {
  readonly status:
    | 'passed'
    | 'approved'
    | 'rejected'
    | 'expired'
    | 'superseded'
    /** Taken back, or approved when a guard no longer passed. */
    | 'cancelled'
    | 'waiting'
  /** Absent when nobody had to be asked, or nobody answered. */
  readonly decision?: VerifiedDecision
}

/**
 * Waits, for days if need be, until people have decided; reminders, escalation and expiry are durable timers. Only a
 * decision that was signed for exactly this request passes as `approved`; time running out never does. The same gate in
 * the run that continues as new finds the same request; a workflow that is cancelled takes it back. Throws
 * `LoopEngine.Denied` when a guard or a policy refuses.
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
    // Histories of before do not hold it.
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
    // A little later than planned, so that what is due is due by the engine's clock too.
    const next = (report.dueAt.find((at) => at > now) ?? now + 60_000) + 500
    const decided = await condition(() => open.decision !== undefined, Math.min(next, until) - now)
    if (!decided && Date.now() < until) report = await turn()
  }
}

/**
 * A token from an activity is verified like one from outside, and that it was is noted in the history: a replay happens
 * at another time, perhaps with other keys, and has to end alike.
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

/** Runs that continue as new are one passage. Those of a cron schedule share their first run too, and each is its own. */
function passageOf({ cronSchedule, runId, firstExecutionRunId }: WorkflowInfo): string {
  return cronSchedule ? runId : firstExecutionRunId
}
