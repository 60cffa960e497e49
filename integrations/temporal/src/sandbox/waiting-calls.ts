import {
  ActivityFailure,
  ApplicationFailure,
  condition,
  CancellationScope,
  isCancellation,
  proxyActivities,
} from '@temporalio/workflow'

import { failureTypes, type GateActivities, type PendingCall } from '../names.ts'

const firstPauseMs = 60_000
const longestPauseMs = 3_600_000

/** The requests of this workflow that were decided, according to a signal. */
export interface Wakes {
  add(approvalId: string): void
  /** Resolves when a signal says that the request was decided, or when it is time to ask the engine again. */
  wait(call: PendingCall, round: number): Promise<void>
}

export function createWakes(): Wakes {
  const awake = new Set<string>()
  return {
    add(approvalId) {
      // Anybody may send a signal, so signals must not fill the memory of a workflow.
      if (awake.size < 1000 && approvalId.length <= 256) awake.add(approvalId)
    },
    async wait({ approvalId, expiresAt }, round) {
      const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(round, 10))
      const untilExpiry = Math.max(1000, expiresAt - Date.now() + 1000)
      await condition(() => awake.has(approvalId), Math.min(pause, untilExpiry))
      awake.delete(approvalId)
    },
  }
}

/**
 * Runs a call again whenever its request may have been decided, until it is no longer pending. The engine judges each
 * time; a signal only shortens the wait. If the workflow is cancelled meanwhile, the request is withdrawn.
 */
export async function untilDecided(
  first: Promise<unknown>,
  again: (call: PendingCall) => Promise<unknown>,
  wakes: Wakes,
  taskQueue: string | undefined,
): Promise<unknown> {
  let result = first
  for (let round = 0; ; round++) {
    let waiting: PendingCall
    try {
      return await result
    } catch (error) {
      const call = pendingCall(error)
      if (!call) throw error
      waiting = call
    }
    try {
      await wakes.wait(waiting, round)
    } catch (error) {
      if (isCancellation(error)) await withdraw(waiting.approvalId, taskQueue)
      throw error
    }
    result = again(waiting)
  }
}

/** Withdraws a request, even while the workflow is being cancelled. */
export async function withdraw(approvalId: string, taskQueue: string | undefined): Promise<void> {
  const activities = proxyActivities<GateActivities>({
    startToCloseTimeout: '30s',
    ...(taskQueue !== undefined && { taskQueue }),
  })
  await CancellationScope.nonCancellable(async () => activities.loopEngineWithdraw(approvalId))
}

function pendingCall(error: unknown): PendingCall | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error
  if (!(cause instanceof ApplicationFailure) || cause.type !== failureTypes.pending)
    return undefined
  return cause.details?.[0] as PendingCall | undefined
}
