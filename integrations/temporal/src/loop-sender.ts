import { snapshot, type Actor, type LoopStore } from '@loop-engine/core'
import type { Authority } from '@loop-engine/sdk'

import type { LoopClient } from './loop-client.ts'
import type { LoopCommand } from './loop-commands.ts'

/** What every command has. */
interface Sendable {
  readonly tenant?: string
  readonly aggregateId?: string
  readonly requestId?: string
  readonly actor: Actor
  readonly idempotencyKey?: string
  readonly evidence?: object
  readonly edits?: object
}

/** Decides which commands go to a workflow, and which the engine of this process can answer. */
export function createSender(
  loops: LoopClient,
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
      const { tenant = 'default', actor, idempotencyKey } = input
      // What is not plain data, and what has been answered before, is the engine's own to answer.
      if (input.evidence) snapshot(input.evidence)
      const answered =
        idempotencyKey !== undefined &&
        typeof actor === 'object' &&
        (await store.idempotency(tenant, `${actor.type}:${actor.id}`, idempotencyKey))
      const aggregateId =
        input.aggregateId ?? (await store.approval(tenant, input.requestId ?? ''))?.aggregateId
      if (answered || aggregateId === undefined) return plain()
      const vouched = authority?.vouches(actor) === true
      return (await loops.send({ tenant, aggregateId }, { do: what, input, vouched })) as never
    },
  }
}
