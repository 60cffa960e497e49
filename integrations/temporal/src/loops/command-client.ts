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
  /** Makes an id for a command without an idempotency key. */
  readonly stepId: () => string
}

/** Sends commands and news to the workflow of an instance, and starts the workflow if it does not run. */
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
    // Two systems in one namespace have different task queues, so their workflow ids differ.
    workflowId: boundedKey('loop', [taskQueue, key.tenant, key.aggregateId]),
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    args: [{ ...workflow, ...key }] as [LoopWorkflowInput],
  })

  return {
    async send(key, { do: what, input: asked, vouched }) {
      const given: { readonly idempotencyKey?: string } = snapshot(asked)
      const start = startOf(key)
      // The key is part of the sealed command, so every attempt of the activity has the same, whichever worker runs it.
      const idempotencyKey = given.idempotencyKey ?? stepKey(start.workflowId, stepId())
      const input = keyed(what) ? { ...given, idempotencyKey } : given
      const command = { do: what, input, vouched }
      const body: CommandBody = { input, vouched, call: randomUUID() }
      const sealed = seal.seal(body, aboutCommand(key, what))
      const answer = await insist(async () =>
        client.workflow.executeUpdateWithStart(update, {
          // With the tag, another command under the same key is another update, and reaches the engine, which refuses
          // it.
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

/**
 * Marks an answer as a repetition. Two calls with one key at once are one update, and only the first is no repetition.
 */
function replayed(what: LoopCommand['do'], value: unknown): unknown {
  const says = what === 'transition' || what === 'decide'
  return says ? { ...(value as object), replayed: true } : value
}

/** The key of a command that has none: the id of its workflow, and the id of the step. */
function stepKey(workflowId: string, step: string): string {
  const key = `${workflowId}/${step}`
  return key.length <= 256 ? key : `loop/${sha256Hex(key)}`
}

function keyed(what: LoopCommand['do']): boolean {
  return what === 'start' || what === 'transition' || what === 'decide'
}

/** Sends again if the workflow ended meanwhile: sending starts it anew, and the ledger knows what was done. */
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
  return new LoopError('unknown_outcome', 'Temporal did not answer a command.', {
    plugin: 'temporal',
    retryable: true,
    hint: 'Repeat the command with the same idempotency key.',
    details: { reason: late ? 'timeout' : error instanceof Error ? error.name : 'threw' },
  })
}
