import { isLoopError, type Actor } from '@loop-engine/core'
import type { LoopSystem } from '@loop-engine/sdk'
import type { TestClock } from '@loop-engine/testing'
import fc from 'fast-check'

import { agent, alice, aliceAgain, bob, olga, proofLoop } from './proof-loop.ts'

/** What people and agents do to a system, in the words of a generator. */
export type Command =
  | { readonly do: 'start'; readonly id: string }
  | {
      readonly do: 'move'
      readonly id: string
      readonly transition: string
      readonly by: string
      readonly amount: number
      readonly key: number
    }
  | {
      readonly do: 'decide'
      readonly id: string
      readonly by: string
      readonly decision: 'approve' | 'reject' | 'edit'
    }
  | { readonly do: 'stop' | 'release'; readonly what: 'everything' | 'agent' }
  | {
      readonly do: 'suspend' | 'resume' | 'cancel' | 'erase'
      readonly id: string
      readonly by: string
    }
  | { readonly do: 'advance'; readonly minutes: number }
  | { readonly do: 'relay' }
  | { readonly do: 'restart' }

const people: Readonly<Record<string, Actor>> = { agent, alice, aliceAgain, bob, olga }
const id = fc.constantFrom('a', 'b')
const by = fc.constantFrom(...Object.keys(people))

const anything = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('start' as const), id }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('move' as const),
        id,
        transition: fc.constantFrom(
          'note',
          'spend',
          'spend',
          'spend',
          'pay',
          'pay',
          'pay',
          'close',
          'risky',
          'paid',
          'nonsense',
        ),
        by: fc.constantFrom('agent', 'agent', 'agent', 'alice'),
        amount: fc.constantFrom(5, 45, 60),
        key: fc.integer({ min: 0, max: 9 }),
      }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('decide' as const),
        id,
        by,
        decision: fc.constantFrom('approve', 'approve', 'approve', 'reject', 'edit'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constantFrom('stop' as const, 'release' as const),
        what: fc.constantFrom('everything', 'agent'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constantFrom(
          'suspend' as const,
          'resume' as const,
          'cancel' as const,
          'erase' as const,
        ),
        id,
        by,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('advance' as const),
        minutes: fc.constantFrom(1, 30, 121),
      }),
    },
    { weight: 3, arbitrary: fc.constant({ do: 'relay' as const }) },
    { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
  ),
  { minLength: 20, maxLength: 40, size: 'max' },
)

/** Begins with two runs, or most of what follows would find nothing to act on. */
export const commands: fc.Arbitrary<readonly Command[]> = anything.map((rest) => [
  { do: 'start', id: 'a' },
  { do: 'start', id: 'b' },
  ...rest,
])

/** Carries one command out; the answer is a word or two that must be the same on every store. */
export async function carryOut(
  command: Command,
  system: LoopSystem,
  clock: TestClock,
): Promise<string> {
  try {
    return await perform(command, system, clock)
  } catch (error) {
    if (isLoopError(error)) return `error ${error.code}`
    throw error
  }
}

async function perform(
  command: Command,
  { engine, approvals, relay }: LoopSystem,
  clock: TestClock,
): Promise<string> {
  switch (command.do) {
    case 'start':
      return `started at ${(await engine.start({ loopId: proofLoop.id, aggregateId: command.id, actor: agent })).version}`
    case 'move': {
      const { id: aggregateId, transition, key, amount } = command
      const result = await engine.transition({
        aggregateId,
        transitionId: transition,
        actor: people[command.by] ?? agent,
        evidence: { amount, sure: amount > 5 },
        ...(key > 6 && { idempotencyKey: `${aggregateId} ${key}` }),
      })
      return `${result.status} ${'reason' in result ? result.reason : ''}${result.replayed ? ' replayed' : ''} at ${result.instance.version}`
    }
    case 'decide': {
      const { items } = await approvals.find({ aggregateId: command.id })
      const [request] = items
      if (!request) return 'nothing to decide'
      const result = await approvals.decide({
        requestId: request.id,
        decision: command.decision,
        actor: people[command.by] ?? agent,
        ...(command.decision === 'edit' && { edits: { amount: 5 } }),
      })
      return `${result.status} ${'reason' in result ? result.reason : ''}`
    }
    case 'stop':
    case 'release':
      await engine[command.do]({
        target: command.what === 'everything' ? { everything: true } : { actorId: agent.id },
        actor: alice,
        reason: 'drill',
      })
      return command.do
    case 'suspend':
    case 'resume':
    case 'cancel':
      return (
        await engine[command.do]({
          aggregateId: command.id,
          actor: people[command.by] ?? agent,
          reason: 'drill',
        })
      ).status
    case 'erase':
      return `erased at ${(await engine.erase({ aggregateId: command.id, seq: 2, actor: people[command.by] ?? agent, reason: 'drill' })).version}`
    case 'advance':
      clock.advance(command.minutes * 60_000)
      return 'later'
    case 'relay':
      return `delivered ${await relay.drain()}`
    case 'restart':
      return 'restarted'
  }
}
