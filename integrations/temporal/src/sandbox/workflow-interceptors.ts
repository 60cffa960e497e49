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

/**
 * Interceptors that pass on who started the workflow, and wait for calls that people are asked about. Temporal looks
 * them up by this name.
 */
export const interceptors: WorkflowInterceptorsFactory = () => {
  const wakes = createWakes()
  let caller: Payload | undefined
  let resumed: string | undefined

  /** Makes a call under the key of an earlier one. Interceptors run within `call`, so only this call sees `resumed`. */
  function resume(key: string, call: () => Promise<unknown> | undefined): Promise<unknown> {
    resumed = key
    try {
      return call() ?? Promise.resolve()
    } finally {
      resumed = undefined
    }
  }
  /** Waits if people are asked about the call, unless it already continues an earlier one. */
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
