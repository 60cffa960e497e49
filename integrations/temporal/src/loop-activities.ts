import { isLoopError, isOpen, type LoopError } from '@loop-engine/core'
import type { LoopSystem } from '@loop-engine/sdk'
import { Context } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'

import {
  loopActivities,
  type LoopAnswer,
  type LoopCommand,
  type LoopKey,
  type LoopNews,
  type SerialisedError,
} from './loop-commands.ts'
import type { Orders } from './observed-store.ts'

export interface LoopActivityOptions {
  readonly system: LoopSystem
  readonly orders: Orders
  /** When anything at all is due next, leases included. */
  nextDueAt(): Promise<number | null>
  /** Tells the workflow of another instance what this process has learnt about it. */
  tell(key: LoopKey, news: LoopNews): Promise<void>
}

/** The governed side of the workflows: each command is one call of the plain engine, under its idempotency key. */
export function createLoopActivities({ system, orders, nextDueAt, tell }: LoopActivityOptions): {
  readonly loopEngineCommand: (command: LoopCommand & LoopKey) => Promise<LoopAnswer>
  readonly loopEngineDeliver: (key: LoopKey) => Promise<LoopNews>
  readonly loopEngineSweep: () => Promise<number>
} {
  const { engine, approvals, relay } = system

  async function newsOf(key: LoopKey): Promise<LoopNews> {
    const instance = await engine.get(key)
    return { ...orders.take(key), open: instance !== null && isOpen(instance.status) }
  }

  /** What a drain did for other instances, their workflows do not know yet. */
  async function spread(): Promise<void> {
    for (const { tenant, aggregateId, ...times } of orders.takeAll()) {
      const key = { tenant, aggregateId }
      const instance = await engine.get(key)
      await tell(key, { ...times, open: instance !== null && isOpen(instance.status) })
    }
  }

  async function perform({ do: what, input }: LoopCommand): Promise<unknown> {
    switch (what) {
      case 'start':
        return engine.start(input as Parameters<typeof engine.start>[0])
      case 'transition':
        return engine.transition(input as Parameters<typeof engine.transition>[0])
      case 'decide':
        return approvals.decide(input as Parameters<typeof approvals.decide>[0])
      case 'delegate':
        return approvals.delegate(input as Parameters<typeof approvals.delegate>[0])
      case 'withdraw':
        return approvals.withdraw(input as Parameters<typeof approvals.withdraw>[0])
    }
  }

  return {
    async [loopActivities.command]({ tenant, aggregateId, ...command }) {
      const key = { tenant, aggregateId }
      try {
        const value = await perform(command)
        return { value, ...(await newsOf(key)) }
      } catch (error) {
        if (!isLoopError(error)) throw error
        if (mayAskAgain(command, error)) throw again(error)
        return { error: serialise(error), ...(await newsOf(key)) }
      }
    },
    async [loopActivities.deliver](key) {
      await relay.drain()
      const news = await newsOf(key)
      await spread()
      // An earlier attempt died, and may have left a lease that has to run out.
      const left = Context.current().info.attempt > 1 ? await nextDueAt() : null
      return left === null ? news : { ...news, dueAt: [...news.dueAt, left] }
    },
    async [loopActivities.sweep]() {
      const delivered = await relay.drain()
      await spread()
      return delivered
    },
  }
}

/** A key resolves an unknown outcome; without one only what certainly did nothing may be repeated. */
function mayAskAgain({ input }: LoopCommand, { code, retryable }: LoopError): boolean {
  const keyed = typeof (input as { idempotencyKey?: unknown }).idempotencyKey === 'string'
  return code === 'unavailable' || (keyed && (retryable || code === 'unknown_outcome'))
}

function again({ code, message }: LoopError): ApplicationFailure {
  return ApplicationFailure.retryable(message, `LoopEngine.${code}`)
}

function serialise(error: LoopError): SerialisedError {
  return JSON.parse(JSON.stringify(error)) as SerialisedError
}
