import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineSignal,
  defineUpdate,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow'

import {
  commandUpdate,
  newsSignal,
  type LoopActivities,
  type LoopNews,
  type LoopWorkflowInput,
  type SealedAnswer,
  type SealedCommand,
  type SweeperInput,
} from '../loop-commands.ts'

/** More would fill the history with numbers; the sweeper finds the items whose times are dropped. */
const maxTimers = 200

function activitiesWithin(activityTimeoutMs: number): LoopActivities {
  return proxyActivities<LoopActivities>({
    startToCloseTimeout: activityTimeoutMs,
    retry: { initialInterval: 200, maximumInterval: 10_000 },
  })
}

/**
 * The workflow of one instance: people's decisions and other commands arrive as updates, and timers wait until the
 * engine has something to deliver. It judges nothing, and knows nothing that is not in the ledger: if its history is
 * lost, the next command or the sweeper starts it again.
 */
export async function loopInstance(input: LoopWorkflowInput): Promise<void> {
  const { tenant, aggregateId, delivers, activityTimeoutMs } = input
  const activities = activitiesWithin(activityTimeoutMs)
  let { dueAt = [], timersAt = [] } = input
  let open = true
  let learnt = input.dueAt !== undefined
  let news = 0

  const learn = (report: LoopNews): void => {
    open = report.open
    dueAt = merged(dueAt, report.dueAt)
    timersAt = open ? merged(timersAt, report.timersAt) : []
    learnt = true
    news += 1
  }
  setHandler(defineUpdate<SealedAnswer, [SealedCommand]>(commandUpdate), async (command) => {
    try {
      const answer = await activities.loopEngineCommand(command)
      learn(answer)
      return answer
    } catch (error) {
      // The command could not be read. A workflow that has not heard of an instance has nothing to wait for.
      open &&= learnt
      news += 1
      throw error
    }
  })
  setHandler(defineSignal<[LoopNews]>(newsSignal), learn)

  for (;;) {
    const seen = news
    const due = delivers ? merged(dueAt, timersAt)[0] : undefined
    if (due !== undefined && due <= Date.now()) {
      const now = Date.now()
      dueAt = dueAt.filter((at) => at > now)
      timersAt = timersAt.filter((at) => at > now)
      learn(await activities.loopEngineDeliver({ tenant, aggregateId }))
      continue
    }
    if (allHandlersFinished()) {
      if (!open && due === undefined) return
      if (workflowInfo().continueAsNewSuggested)
        return continueAsNew<typeof loopInstance>({ ...input, dueAt, timersAt })
    }
    const moved = (): boolean => news > seen
    if (due === undefined) await condition(moved)
    else await condition(moved, due - Date.now())
  }
}

function merged(known: readonly number[], more: readonly number[]): readonly number[] {
  const all = [...new Set([...known, ...more])]
  return all.toSorted((one, two) => one - two).slice(0, maxTimers)
}

/**
 * Delivers what a crash between a commit and its report left behind. One sweeper serves all workers of a task queue.
 */
export async function loopSweeper(input: SweeperInput): Promise<void> {
  const activities = activitiesWithin(input.activityTimeoutMs)
  while (!workflowInfo().continueAsNewSuggested) {
    await activities.loopEngineSweep()
    await sleep(input.everyMs)
  }
  return continueAsNew<typeof loopSweeper>(input)
}
