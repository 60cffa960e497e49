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
   * Seal commands and answers, so that histories hold ids and times only, and a command counts only if it comes from a
   * process that has the key. The first one seals. `clear`: whoever reads the namespace reads the evidence, and whoever
   * writes to it can act as anybody.
   */
  readonly historyKeys: readonly HistoryKey[] | 'clear'
  /** Given, this process also runs a worker; otherwise it only sends commands, and reads. */
  readonly connection?: NativeConnection
  readonly taskQueue?: string
  /** How long one attempt of an activity may take; a worker that died is noticed after it. 30,000 by default. */
  readonly activityTimeoutMs?: number
  /** How soon is found what a crash left undelivered; 30,000 by default. */
  readonly sweepMs?: number
  readonly worker?: Partial<Omit<WorkerOptions, 'connection' | 'taskQueue' | 'activities'>>
  /** Unique text, for commands that come without an idempotency key. */
  readonly stepId?: () => string
}

/**
 * The same system, on Temporal: a workflow per instance waits for people and for timers, survives every process, and
 * has each governed transition done by an activity on the very engine and store of `createLoopSystem`. The ledger stays
 * the one source of truth. What must work while Temporal is away (stop, cancel, suspend, erase) is committed directly.
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
  // Nothing is delivered beside the workflows.
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

  /** Commits here and now, then tells the workflow; should that fail, the sweeper does it. */
  function directly<
    Input extends { readonly aggregateId: string; readonly tenant?: string },
    Output,
  >(change: (input: Input) => Promise<Output>): (input: Input) => Promise<Output> {
    return async (input) => {
      const result = await change(input)
      // Committed: neither what fails now, nor whoever is told of it, makes that undone.
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
