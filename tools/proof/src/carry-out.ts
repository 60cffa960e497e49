import { isLoopError, type Actor, type ApprovalRequest } from '@loop-engine/core'
import type { LoopSystem } from '@loop-engine/sdk'
import type { TestClock } from '@loop-engine/testing'

import type { Command } from './commands.ts'
import { agent, alice, aliceAgain, bob, canary, dan, olga, proofLoop } from './proof-loop.ts'

const people: Readonly<Record<string, Actor>> = { agent, alice, aliceAgain, bob, dan, olga }

/** Carries one command out. Returns a short answer, which must be the same on every store. */
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

async function perform(command: Command, system: LoopSystem, clock: TestClock): Promise<string> {
  const { engine, approvals, relay } = system
  const actor = ('by' in command && people[command.by]) || agent
  switch (command.do) {
    case 'start':
      return `started at ${(await engine.start({ loopId: proofLoop.id, aggregateId: command.id, actor: agent })).version}`
    case 'move': {
      const { id: aggregateId, transition, key, amount } = command
      const result = await engine.transition({
        aggregateId,
        transitionId: transition,
        actor,
        evidence: { amount, sure: amount > 5, card: canary, note: 'x'.repeat(amount) },
        ...(key > 6 && { idempotencyKey: `${aggregateId} ${key}` }),
      })
      return `${result.status} ${'reason' in result ? result.reason : ''}${result.replayed ? ' replayed' : ''} at ${result.instance.version}`
    }
    case 'decide': {
      const request = await requestOf(system, command.id, command.back)
      if (!request) return 'nothing to decide'
      const result = await approvals.decide({
        requestId: request.id,
        decision: command.decision,
        actor,
        ...(command.decision === 'edit' && { edits: { amount: 5 } }),
        ...(command.decision === 'respond' && { response: { card: canary } }),
      })
      return `${result.status} ${'reason' in result ? result.reason : ''}`
    }
    case 'delegate': {
      const request = await requestOf(system, command.id)
      if (!request) return 'nothing to decide'
      const result = await approvals.delegate({ requestId: request.id, actor, to: dan.id })
      return `delegation ${result.status} ${'reason' in result ? result.reason : ''}`
    }
    case 'withdraw': {
      const request = await requestOf(system, command.id)
      if (!request) return 'nothing to decide'
      return `withdrawn ${(await approvals.withdraw({ requestId: request.id, actor })).status}`
    }
    case 'inbox':
      return `may decide ${(await approvals.inbox({ actor })).length}`
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
    case 'fail':
      return (await engine[command.do]({ aggregateId: command.id, actor, reason: 'drill' })).status
    case 'erase':
      return `erased at ${(await engine.erase({ aggregateId: command.id, seq: command.seq, actor, reason: 'drill' })).version}`
    case 'migrate': {
      const drill = { aggregateId: command.id, actor, reason: 'drill' }
      const { definition, version } = await engine.migrate(drill)
      return `migrated to ${definition.version} at ${version}`
    }
    case 'advance':
      clock.advance(command.minutes * 60_000)
      return 'later'
    case 'relay':
      return `delivered ${await relay.drain()}`
    case 'restart':
    case 'deploy':
    case 'checkpoint':
    case 'rotate':
    case 'die':
      return 'not asked of the process'
  }
}

/** The newest request of a run, or an older one. */
async function requestOf(
  { engine, approvals }: LoopSystem,
  aggregateId: string,
  back = 0,
): Promise<ApprovalRequest | undefined> {
  const run = await engine.get({ aggregateId })
  const { items } = await approvals.find({ aggregateId })
  return items
    .filter(({ runId }) => runId === run?.runId)
    .toSorted((one, other) => seqOf(other) - seqOf(one))[back]
}

/** The `seq` of the entry that opened a request, with which its id ends. */
function seqOf({ id: requestId }: ApprovalRequest): number {
  return Number(requestId.slice(requestId.lastIndexOf(':') + 1))
}
