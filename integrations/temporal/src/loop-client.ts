import { digestOf, isLoopError, LoopError, snapshot } from '@loop-engine/core'
import {
  WithStartWorkflowOperation,
  WorkflowIdConflictPolicy,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client'
import { ActivityFailure, ApplicationFailure } from '@temporalio/common'
import { defineUpdate } from '@temporalio/workflow'

import { boundedKey } from './call-site.ts'
import {
  commandUpdate,
  newsSignal,
  type LoopAnswer,
  type LoopCommand,
  type LoopKey,
  type LoopNews,
  type LoopWorkflowInput,
} from './loop-commands.ts'
import type { loopInstance } from './loop-workflow.ts'

export interface LoopClientOptions extends Omit<LoopWorkflowInput, keyof LoopKey> {
  readonly client: Client
  readonly taskQueue: string
  /** Identifies a command that came without an idempotency key. */
  readonly stepId: () => string
}

/** Sends commands to the workflows of instances, which are started when they are not there. */
export interface LoopClient {
  send(key: LoopKey, command: LoopCommand): Promise<unknown>
  tell(key: LoopKey, news: LoopNews): Promise<void>
}

const attempts = 5
const update = defineUpdate<LoopAnswer, [LoopCommand]>(commandUpdate)

export function createLoopClient({
  client,
  taskQueue,
  stepId,
  ...workflow
}: LoopClientOptions): LoopClient {
  const startOf = (key: LoopKey) => ({
    taskQueue,
    // Two systems in one namespace have two queues.
    workflowId: boundedKey('loop', [taskQueue, key.tenant, key.aggregateId]),
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    args: [{ ...workflow, ...key }] as [LoopWorkflowInput],
  })

  return {
    async send(key, { do: what, input }) {
      const given = snapshot(input as object) as { readonly idempotencyKey?: string }
      // The key of a step is the same for every attempt of the activity, whatever happens to the worker.
      const idempotencyKey = given.idempotencyKey ?? `temporal/${stepId()}`
      const command = {
        ...key,
        do: what,
        input: keyed(what) ? { ...given, idempotencyKey } : given,
      }
      // The same key with another command must reach the engine, which refuses it.
      const updateId = `${idempotencyKey}/${digestOf(command)}`
      const answer = await insist(async () =>
        client.workflow.executeUpdateWithStart(update, {
          updateId,
          args: [command],
          startWorkflowOperation: new WithStartWorkflowOperation<typeof loopInstance>(
            'loopInstance',
            startOf(key),
          ),
        }),
      )
      if (answer.error === undefined) return answer.value
      const { code, message, ...rest } = answer.error
      throw new LoopError(code, message, rest)
    },
    async tell(key, news) {
      await client.workflow.signalWithStart('loopInstance', {
        ...startOf(key),
        signal: newsSignal,
        signalArgs: [news],
      })
    },
  }
}

function keyed(what: LoopCommand['do']): boolean {
  return what === 'start' || what === 'transition' || what === 'decide'
}

/** A workflow may end between two commands; the next one starts it again, and the ledger knows what was done. */
async function insist(send: () => Promise<LoopAnswer>): Promise<LoopAnswer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send()
    } catch (error) {
      const ended = error instanceof WorkflowUpdateFailedError && !isActivityFailure(error.cause)
      if (!ended || attempt >= attempts) throw faultOf(error)
    }
  }
}

function isActivityFailure(cause: unknown): boolean {
  return cause instanceof ActivityFailure || cause instanceof ApplicationFailure
}

function faultOf(error: unknown): unknown {
  if (isLoopError(error)) return error
  const late = error instanceof WorkflowUpdateRPCTimeoutOrCancelledError
  return new LoopError('unknown_outcome', 'Temporal did not answer for a command.', {
    plugin: 'temporal',
    retryable: true,
    hint: 'Repeat it with the same idempotency key.',
    details: { reason: late ? 'timeout' : error instanceof Error ? error.name : 'threw' },
  })
}
