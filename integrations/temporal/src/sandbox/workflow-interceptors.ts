import { defaultPayloadConverter, type Payload } from '@temporalio/common'
import {
  defineSignal,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  type WorkflowInterceptorsFactory,
} from '@temporalio/workflow'

import { callerHeader, callHeader, wakeSignal } from '../names.ts'
import { acceptDecisions } from './gate-registry.ts'
import { createWakes, untilDecided } from './waiting-calls.ts'

type Activities = Record<string, (...args: unknown[]) => Promise<unknown>>

/** Temporal's bundler looks for this name. It passes on who started the workflow, and waits where people are asked. */
export const interceptors: WorkflowInterceptorsFactory = () => {
  const wakes = createWakes()
  let caller: Payload | undefined
  let resumed: string | undefined

  /** The interceptors run within the call, so what is set around it is seen by this call alone. */
  function resume(key: string, call: () => Promise<unknown> | undefined): Promise<unknown> {
    resumed = key
    try {
      return call() ?? Promise.resolve()
    } finally {
      resumed = undefined
    }
  }
  /** Waits where people are asked, unless it already goes on with a call that they have decided. */
  function waited(
    first: Promise<unknown>,
    again: () => Promise<unknown> | undefined,
    taskQueue?: string,
  ): Promise<unknown> {
    if (resumed !== undefined) return first
    return untilDecided(first, ({ aggregateId }) => resume(aggregateId, again), wakes, taskQueue)
  }
  const passed = (headers: Record<string, Payload>): Record<string, Payload> => ({
    ...headers,
    ...(caller && { [callerHeader]: caller }),
    ...(resumed !== undefined && { [callHeader]: defaultPayloadConverter.toPayload(resumed) }),
  })

  return {
    inbound: [
      {
        execute(input, next) {
          caller = input.headers[callerHeader]
          acceptDecisions()
          setHandler(defineSignal<[unknown]>(wakeSignal), (approvalId) => {
            if (typeof approvalId === 'string') wakes.add(approvalId)
          })
          return next(input)
        },
      },
    ],
    outbound: [
      {
        scheduleActivity(input, next) {
          const { activityType, args, options } = input
          return waited(
            next({ ...input, headers: passed(input.headers) }),
            () => proxyActivities<Activities>(options)[activityType]?.(...args),
            options.taskQueue,
          )
        },
        scheduleLocalActivity(input, next) {
          const { activityType, args, options } = input
          return waited(next({ ...input, headers: passed(input.headers) }), () =>
            proxyLocalActivities<Activities>(options)[activityType]?.(...args),
          )
        },
        continueAsNew: (input, next) => next({ ...input, headers: passed(input.headers) }),
      },
    ],
  }
}
