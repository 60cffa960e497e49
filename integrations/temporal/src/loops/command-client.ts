import { randomUUID } from 'node:crypto'

import { isLoopError, LoopError, sha256Hex, snapshot } from '@loop-engine/core'
import {
  WithStartWorkflowOperation,
  WorkflowIdConflictPolicy,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client'
import { ActivityFailure, ApplicationFailure } from '@temporalio/common'
import { defineUpdate } from '@temporalio/workflow'

import { boundedKey } from '../calls/call-site.ts'
import type { HistorySeal } from '../history-seal.ts'
import {
  aboutAnswer,
  aboutCommand,
  commandUpdate,
  newsSignal,
  type CommandBody,
  type LoopAnswer,
  type LoopCommand,
  type LoopKey,
  type LoopNews,
  type LoopWorkflowInput,
  type SealedAnswer,
  type SealedCommand,
} from '../loop-commands.ts'
import { failureTypes } from '../names.ts'
import type { loopInstance } from '../sandbox/loop-workflow.ts'

export interface CommandClientOptions extends Omit<LoopWorkflowInput, keyof LoopKey> {
  readonly client: Client
  readonly taskQueue: string
  readonly seal: HistorySeal
  /** Identifies a command that came without an idempotency key. */
  readonly stepId: () => string
}

/** Sends commands to the workflows of instances, which are started when they are not there. */
export interface CommandClient {
  send(key: LoopKey, command: LoopCommand): Promise<unknown>
  tell(key: LoopKey, news: LoopNews): Promise<void>
}

const attempts = 5
const update = defineUpdate<SealedAnswer, [SealedCommand]>(commandUpdate)

export function createCommandClient({
  client,
  taskQueue,
  seal,
  stepId,
  ...workflow
}: CommandClientOptions): CommandClient {
  const startOf = (key: LoopKey) => ({
    taskQueue,
    // Two systems in one namespace have two queues.
    workflowId: boundedKey('loop', [taskQueue, key.tenant, key.aggregateId]),
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    args: [{ ...workflow, ...key }] as [LoopWorkflowInput],
  })

  return {
    async send(key, { do: what, input: asked, vouched }) {
      const given: { readonly idempotencyKey?: string } = snapshot(asked)
      const start = startOf(key)
      // The key of a step is the same for every attempt of the activity, whatever happens to the worker.
      const idempotencyKey = given.idempotencyKey ?? stepKey(start.workflowId, stepId())
      const input = keyed(what) ? { ...given, idempotencyKey } : given
      const command = { do: what, input, vouched }
      const body: CommandBody = { input, vouched, call: randomUUID() }
      const sealed = seal.seal(body, aboutCommand(key, what))
      const answer = await insist(async () =>
        client.workflow.executeUpdateWithStart(update, {
          // The same key with another command must reach the engine, which refuses it.
          updateId: `${idempotencyKey}/${seal.tag(command)}`,
          args: [{ ...key, do: what, sealed }],
          startWorkflowOperation: new WithStartWorkflowOperation<typeof loopInstance>(
            'loopInstance',
            start,
          ),
        }),
      )
      const said = seal.open(answer.sealed, aboutAnswer(key, command, seal)) as LoopAnswer
      if (!('error' in said))
        return said.call === body.call ? said.value : replayed(what, said.value)
      const { code, message, ...rest } = said.error
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

/** Two calls under one key at once are one update: only the one that began it was not a repetition. */
function replayed(what: LoopCommand['do'], value: unknown): unknown {
  const says = what === 'transition' || what === 'decide'
  return says ? { ...(value as object), replayed: true } : value
}

/** The key of a command that came without one: its workflow, and the step in it. */
function stepKey(workflowId: string, step: string): string {
  const key = `${workflowId}/${step}`
  return key.length <= 256 ? key : `loop/${sha256Hex(key)}`
}

function keyed(what: LoopCommand['do']): boolean {
  return what === 'start' || what === 'transition' || what === 'decide'
}

/** A workflow may end between two commands; the next one starts it again, and the ledger knows what was done. */
async function insist(send: () => Promise<SealedAnswer>): Promise<SealedAnswer> {
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

function isDenied(error: unknown): boolean {
  const failed = error instanceof WorkflowUpdateFailedError ? error.cause : undefined
  const cause = failed instanceof ActivityFailure ? failed.cause : failed
  return cause instanceof ApplicationFailure && cause.type === failureTypes.denied
}

function faultOf(error: unknown): unknown {
  if (isLoopError(error)) return error
  if (isDenied(error))
    return new LoopError('auth', 'A worker does not know the key that sealed a command.', {
      plugin: 'temporal',
      hint: 'Give every process the same historyKeys.',
    })
  const late = error instanceof WorkflowUpdateRPCTimeoutOrCancelledError
  return new LoopError('unknown_outcome', 'Temporal did not answer for a command.', {
    plugin: 'temporal',
    retryable: true,
    hint: 'Repeat it with the same idempotency key.',
    details: { reason: late ? 'timeout' : error instanceof Error ? error.name : 'threw' },
  })
}
