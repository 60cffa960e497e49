import { randomUUID } from 'node:crypto'

import { isLoopError, systemClock } from '@loop-engine/core'
import {
  createLoopSystem,
  createMemoryStore,
  defaultLimits,
  type LoopSystem,
  type LoopSystemOptions,
} from '@loop-engine/sdk'
import { WorkflowIdConflictPolicy, type Client } from '@temporalio/client'
import type { NativeConnection, WorkerOptions } from '@temporalio/worker'

import { createHistorySeal, type HistoryKey } from '../history-seal.ts'
import type { LoopKey } from '../loop-commands.ts'
import { createCommandClient } from './command-client.ts'
import { createLoopActivities, newsOf } from './loop-activities.ts'
import { createSender } from './loop-sender.ts'
import { startLoopWorker } from './loop-worker.ts'
import { observeStore } from './observed-store.ts'

export interface TemporalLoopSystemOptions extends LoopSystemOptions {
  readonly client: Client
  /**
   * Keys that seal commands and answers: histories then hold only ids and times, and a command counts only if it comes
   * from a process that has the key. The first key seals. With `clear`, anybody who can read the namespace can read the
   * evidence, and anybody who can write to it can act as anybody.
   */
  readonly historyKeys: readonly HistoryKey[] | 'clear'
  /** If given, this process also runs a worker; otherwise it only sends commands, and reads. */
  readonly connection?: NativeConnection
  readonly taskQueue?: string
  /** How long one attempt of an activity may take, and so how soon a dead worker is noticed; 30,000 by default. */
  readonly activityTimeoutMs?: number
  /** How often the sweeper looks for items that a crash left undelivered; 30,000 by default. */
  readonly sweepMs?: number
  readonly worker?: Partial<Omit<WorkerOptions, 'connection' | 'taskQueue' | 'activities'>>
  /** Makes a unique text for each command without an idempotency key; a random UUID by default. */
  readonly stepId?: () => string
}

/**
 * A loop system on Temporal: a workflow per instance waits for people and timers, and survives every process. Each
 * governed transition is done by an activity, on the engine and store of `createLoopSystem`, so the ledger stays the
 * one source of truth. Commands that must work while Temporal is unreachable (stop, cancel, suspend, erase) are
 * committed directly.
 */
export async function createTemporalLoopSystem({
  client,
  historyKeys,
  connection,
  taskQueue = 'loop-engine',
  activityTimeoutMs = 30_000,
  sweepMs = 30_000,
  worker: workerOptions,
  stepId = randomUUID,
  relay = true,
  store: given = createMemoryStore(),
  ...options
}: TemporalLoopSystemOptions): Promise<LoopSystem> {
  const seal = createHistorySeal(historyKeys)
  const { store, orders } = observeStore(given)
  // Only the workflows deliver outbox items.
  const system = await createLoopSystem({ ...options, store, relay: false })
  const { onError = () => {}, limits = {}, clock = systemClock, identity } = options
  const loops = createCommandClient({
    client,
    taskQueue,
    seal,
    stepId,
    delivers: relay,
    activityTimeoutMs,
  })
  const end = connection
    ? await startLoopWorker({
        ...workerOptions,
        connection,
        namespace: client.options.namespace,
        taskQueue,
        activities: createLoopActivities({
          system,
          orders,
          seal,
          authority: identity?.authority,
          leaseMs: limits.leaseMs ?? defaultLimits.leaseMs,
          clock,
          tell: (key, news) => loops.tell(key, news),
        }),
      })
    : async (): Promise<void> => {}
  if (relay)
    await client.workflow.start('loopSweeper', {
      taskQueue,
      workflowId: `loop-sweeper/${taskQueue}`,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      args: [{ everyMs: sweepMs, activityTimeoutMs }],
    })

  /** Commits in this process, then tells the workflow. If telling fails, the sweeper delivers what is due. */
  function directly<
    Input extends { readonly aggregateId: string; readonly tenant?: string },
    Output,
  >(change: (input: Input) => Promise<Output>): (input: Input) => Promise<Output> {
    return async (input) => {
      const result = await change(input)
      // The change is committed: neither a failure to tell, nor an `onError` that throws, may fail the call.
      if (relay)
        await tell(keyOf(input))
          .catch(onError)
          .catch(() => undefined)
      return result
    }
  }
  async function tell(key: LoopKey): Promise<void> {
    await loops.tell(key, await newsOf(system.engine, orders, key))
  }
  const { engine, approvals } = system
  const { send } = createSender(loops, store, identity?.authority)

  return {
    ...system,
    engine: {
      ...engine,
      start: async (input) => send('start', input, () => engine.start(input)),
      transition: async (input) => send('transition', input, () => engine.transition(input)),
      cancel: directly((input) => engine.cancel(input)),
      fail: directly((input) => engine.fail(input)),
      suspend: directly((input) => engine.suspend(input)),
      resume: directly((input) => engine.resume(input)),
      migrate: directly((input) => engine.migrate(input)),
    },
    approvals: {
      ...approvals,
      decide: async (input) => send('decide', input, () => approvals.decide(input)),
      delegate: async (input) => send('delegate', input, () => approvals.delegate(input)),
      withdraw: async (input) => send('withdraw', input, () => approvals.withdraw(input)),
      decideMany: async (inputs) =>
        Promise.all(
          inputs.map(async (input) => {
            try {
              return await send('decide', input, () => approvals.decide(input))
            } catch (error) {
              if (isLoopError(error)) return { status: 'error' as const, error }
              throw error
            }
          }),
        ),
    },
    async close() {
      await end()
      await system.close()
    },
  }
}

function keyOf({
  tenant = 'default',
  aggregateId,
}: {
  readonly tenant?: string
  readonly aggregateId: string
}): LoopKey {
  return { tenant, aggregateId }
}
