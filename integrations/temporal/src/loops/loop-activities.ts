import { isLoopError, isOpen, type Actor, type Clock, type LoopError } from '@loop-engine/core'
import type { Authority, LoopSystem } from '@loop-engine/sdk'
import { Context } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'

import type { HistorySeal } from '../history-seal.ts'
import {
  aboutAnswer,
  aboutCommand,
  type CommandBody,
  type LoopActivities,
  type LoopCommand,
  type LoopKey,
  type LoopNews,
  type SealedCommand,
  type SerialisedError,
} from '../loop-commands.ts'
import { denied, mayPass } from '../refusals.ts'
import type { Orders } from './observed-store.ts'

export interface LoopActivityOptions {
  readonly system: LoopSystem
  readonly orders: Orders
  readonly seal: HistorySeal
  readonly authority: Authority | undefined
  /** How long items that a dead worker claimed stay leased to it. */
  readonly leaseMs: number
  readonly clock: Pick<Clock, 'now'>
  /** Tells the workflow of another instance what this process knows about it. */
  tell(key: LoopKey, news: LoopNews): Promise<void>
}

/**
 * The activities that workflows of instances call: each command is one call of the engine, under its idempotency key.
 */
export function createLoopActivities({
  system,
  orders,
  seal,
  authority,
  leaseMs,
  clock,
  tell,
}: LoopActivityOptions): LoopActivities {
  const { engine, approvals, relay } = system

  /** Tells other instances' workflows what a drain did for them. */
  async function spread(): Promise<void> {
    for (const { tenant, aggregateId, ...times } of orders.takeAll()) {
      const key = { tenant, aggregateId }
      await tell(key, { ...times, open: await hasOpenRun(engine, key) })
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
    async loopEngineCommand(sealed) {
      const { tenant, aggregateId, do: what } = sealed
      const key = { tenant, aggregateId }
      const { call, ...body } = opened(seal, sealed)
      const command = { do: what, ...body }
      const answer = { ...(await answerTo(command)), call }
      return {
        ...(await newsOf(engine, orders, key)),
        sealed: seal.seal(answer, aboutAnswer(key, command, seal)),
      }
    },
    async loopEngineDeliver(key) {
      try {
        await relay.drain(key)
        const news = await newsOf(engine, orders, key)
        await spread()
        // An earlier attempt died, and may have left a lease that must expire first.
        const died = Context.current().info.attempt > 1
        return died ? { ...news, dueAt: [...news.dueAt, clock.now() + leaseMs] } : news
      } catch (error) {
        throw again(error)
      }
    },
    async loopEngineSweep() {
      try {
        const delivered = await relay.drain()
        await spread()
        return delivered
      } catch (error) {
        throw again(error)
      }
    },
  }

  /** The command with its actor vouched for here, if a process that has the key had authenticated the actor. */
  function admitted({ input, ...command }: LoopCommand): LoopCommand {
    const { actor } = input as { readonly actor?: Actor }
    const known = authority && command.vouched && seal.proves && actor?.assurance
    if (!known) return { input, ...command }
    return { ...command, input: { ...input, actor: authority.vouch(actor, known) } }
  }

  async function answerTo(command: LoopCommand): Promise<object> {
    try {
      return { value: await perform(admitted(command)) }
    } catch (error) {
      if (!isLoopError(error) || mayAskAgain(command, error)) throw again(error)
      return { error: serialise(error) }
    }
  }
}

/** What the workflow of an instance has to know now. */
export async function newsOf(
  engine: LoopSystem['engine'],
  orders: Orders,
  key: LoopKey,
): Promise<LoopNews> {
  const open = await hasOpenRun(engine, key)
  return { ...orders.take(key), open }
}

async function hasOpenRun(engine: LoopSystem['engine'], key: LoopKey): Promise<boolean> {
  const instance = await engine.get(key)
  return instance !== null && isOpen(instance.status)
}

/** Opens a command. Denies a command that this system did not seal. */
function opened(seal: HistorySeal, { sealed, ...command }: SealedCommand): CommandBody {
  try {
    return seal.open(sealed, aboutCommand(command, command.do)) as CommandBody
  } catch {
    throw denied('A command', { aggregateId: command.aggregateId, reason: 'not_sealed' })
  }
}

/** A key resolves an unknown outcome. Without one, a command may be repeated only if it certainly did nothing. */
function mayAskAgain({ input }: LoopCommand, error: LoopError): boolean {
  const keyed = typeof (input as { idempotencyKey?: unknown }).idempotencyKey === 'string'
  return error.code === 'unavailable' || (keyed && mayPass(error))
}

/** A retryable failure. It ends up in a history, so it has only codes and sentences of our own. */
function again(error: unknown): ApplicationFailure {
  return isLoopError(error)
    ? ApplicationFailure.retryable(error.message, `LoopEngine.${error.code}`)
    : ApplicationFailure.retryable('The engine of a worker threw.', 'LoopEngine.threw')
}

function serialise(error: LoopError): SerialisedError {
  return JSON.parse(JSON.stringify(error)) as SerialisedError
}
