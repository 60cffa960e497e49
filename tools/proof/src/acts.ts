import { isLoopError, type Actor } from '@loop-engine/core'
import type { LoopSystem, TransitionResult } from '@loop-engine/sdk'
import type { Operation } from '@loop-engine/testing'

import { agent, alice, proofLoop } from './proof-loop.ts'

/** Calls to a system. Each call is recorded: the command, when it began and ended, and the answer. */
export interface Acts {
  start(aggregateId: string, tenant?: string): Promise<unknown>
  transition(
    aggregateId: string,
    transitionId: string,
    actor: Actor,
    evidence: object,
    options?: { readonly tenant?: string; readonly key?: string },
  ): Promise<TransitionResult | undefined>
  stop(actorId: string): Promise<unknown>
  release(actorId: string): Promise<unknown>
  get(aggregateId: string): Promise<unknown>
}

export function createActs(system: LoopSystem, operations: Operation[]): Acts {
  let ticks = 0
  const watch = async <T>(
    about: Pick<Operation, 'kind' | 'tenant'> & Partial<Operation>,
    call: () => Promise<T>,
    read: (answer: T) => Partial<Operation>,
  ): Promise<T | undefined> => {
    const invoked = ++ticks
    try {
      const answer = await call()
      operations.push({ outcome: 'ok', ...about, ...read(answer), invoked, returned: ++ticks })
      return answer
    } catch (error) {
      if (!isLoopError(error)) throw error
      operations.push({ ...about, outcome: 'error', invoked, returned: ++ticks })
      return undefined
    }
  }
  return {
    start: (aggregateId, tenant = 'default') =>
      watch(
        { kind: 'start', tenant, aggregateId },
        () => system.engine.start({ loopId: proofLoop.id, aggregateId, tenant, actor: agent }),
        ({ version, head }) => ({ outcome: 'started', version, entry: head }),
      ),
    transition: (aggregateId, transitionId, actor, evidence, { tenant = 'default', key } = {}) =>
      watch(
        {
          kind: 'transition',
          tenant,
          aggregateId,
          actorId: actor.id,
          ...(key !== undefined && { key }),
        },
        () =>
          system.engine.transition({
            aggregateId,
            tenant,
            transitionId,
            actor,
            evidence,
            ...(key !== undefined && { idempotencyKey: key }),
          }),
        (result) => ({
          outcome: result.status,
          entry: result.instance.head,
          ...(!result.replayed && { version: result.instance.version }),
        }),
      ),
    stop: (actorId) =>
      watch(
        { kind: 'stop', tenant: 'default', scope: `actor:default:${actorId}` },
        () => system.engine.stop({ target: { actorId }, actor: alice, reason: 'drill' }),
        () => ({}),
      ),
    release: (actorId) =>
      watch(
        { kind: 'release', tenant: 'default', scope: `actor:default:${actorId}` },
        () => system.engine.release({ target: { actorId }, actor: alice, reason: 'drill over' }),
        () => ({}),
      ),
    get: (aggregateId) =>
      watch(
        { kind: 'get', tenant: 'default', aggregateId },
        () => system.engine.get({ aggregateId }),
        (instance) => (instance ? { version: instance.version, entry: instance.head } : {}),
      ),
  }
}
