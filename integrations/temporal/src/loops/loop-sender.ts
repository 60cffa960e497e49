import { snapshot, type Actor, type LoopStore } from '@loop-engine/core'
import type { Authority } from '@loop-engine/sdk'

import type { LoopCommand } from '../loop-commands.ts'
import type { CommandClient } from './command-client.ts'

/** The fields of commands that matter for sending. */
interface Sendable {
  readonly tenant?: string
  readonly aggregateId?: string
  readonly requestId?: string
  readonly actor: Actor
  readonly idempotencyKey?: string
  readonly evidence?: object
  readonly edits?: object
}

/** Sends commands to workflows, except those that the engine of this process can answer itself. */
export function createSender(
  loops: CommandClient,
  store: LoopStore,
  authority: Authority | undefined,
): {
  send<Output>(
    what: LoopCommand['do'],
    input: Sendable,
    plain: () => Promise<Output>,
  ): Promise<Output>
} {
  return {
    async send(what, input, plain) {
      if (!isAddressed(input)) return plain()
      const { tenant = 'default', actor, idempotencyKey } = input
      // Throws for evidence that is no plain data. A command that was answered before is answered by the engine.
      if (input.evidence) snapshot(input.evidence)
      const answered =
        idempotencyKey !== undefined &&
        (await store.idempotency(tenant, `${actor.type}:${actor.id}`, idempotencyKey))
      const aggregateId =
        input.aggregateId ?? (await store.approval(tenant, input.requestId ?? ''))?.aggregateId
      if (answered || aggregateId === undefined) return plain()
      const vouched = authority?.vouches(actor) === true
      const command = {
        do: what,
        input: withValues({ ...input, actor: withValues(actor) }),
        vouched,
      }
      return (await loops.send({ tenant, aggregateId }, command)) as never
    },
  }
}

/** Whether a command names an instance or a request, and an actor. Any other goes to the engine, which refuses it. */
function isAddressed(input: unknown): boolean {
  if (typeof input !== 'object' || input === null) return false
  const { tenant = 'default', aggregateId, requestId, actor } = input as Record<string, unknown>
  const names = [tenant, aggregateId ?? requestId]
  return (
    names.every((name) => typeof name === 'string' && name !== '') &&
    typeof actor === 'object' &&
    actor !== null
  )
}

/** Drops keys whose value is undefined: JSON has no such keys, and the engine ignores them. */
function withValues(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}
