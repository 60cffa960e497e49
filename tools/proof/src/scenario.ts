import { createHash } from 'node:crypto'

import {
  LoopError,
  type Actor,
  type EventSink,
  type Guard,
  type LoopStore,
} from '@loop-engine/core'
import { createLog, generateSigner } from '@loop-engine/observability'
import {
  createLoopSystem,
  createMemoryStore,
  type LoopSystem,
  type LoopSystemOptions,
} from '@loop-engine/sdk'
import type { DeliveredEvent, Operation, TestClock, World } from '@loop-engine/testing'

import { createActs } from './acts.ts'
import { openSystem, worldOf } from './journey.ts'
import { answersOf, bodiesOf, recording } from './observe.ts'
import { agent, alice, aliceAgain, bob, canary, evidenceBytes, olga } from './proof-loop.ts'

type KeyOfLog = ReturnType<typeof generateSigner>

/** What a seeded bug changes about the system under test. */
export interface Sabotage {
  readonly store?: (store: LoopStore) => LoopStore
  readonly options?: Partial<LoopSystemOptions>
  readonly guard?: Guard
  readonly sink?: (sink: EventSink) => EventSink
  /** Trusts whatever arrives at the inbound side. */
  readonly acceptForgeries?: boolean
  /** Goes on signing the log with the key that was changed. */
  readonly keepOldKey?: boolean
  /** Runs when all is committed: somebody with access to the store. */
  readonly afterwards?: (situation: {
    readonly store: LoopStore
    readonly world: World
  }) => Promise<Partial<World> | void>
}

/** Runs one long day of a system, and returns everything that was seen of it. */
export async function runScenario(sabotage: Sabotage = {}): Promise<World> {
  const first = await runDay(sabotage)
  const second = await runDay(sabotage)
  return { ...first, replay: await bodiesOf(second) }
}

async function runDay(sabotage: Sabotage): Promise<World> {
  const operations: Operation[] = []
  const deliveries: DeliveredEvent[] = []
  const inner = createMemoryStore()
  const store = recording(sabotage.store ? sabotage.store(inner) : inner, operations)
  const sink = createAudit(deliveries)
  const { system, clock, effects } = await openSystem(store, 'run', { maxAttempts: 2 }, (options) =>
    createLoopSystem({
      ...options,
      ...(sabotage.guard && { guards: [sabotage.guard] }),
      sinks: [sabotage.sink ? sabotage.sink(sink) : sink],
      ...sabotage.options,
    }),
  )
  const act = createActs(system, operations)
  const inbound = createInbound(system, operations, sabotage.acceptForgeries)

  await act.start('a', 'other')
  await act.transition('a', 'spend', agent, { amount: 90 }, { tenant: 'other' })
  // From here on the tenant called other is quiet: only the default one is at work.
  const quietAnswers = await answersOf(store, 'other')

  for (const id of ['a', 'b', 'c', 'poisoned']) await act.start(id)
  await act.transition('a', 'note', agent, { sure: true, note: 'first' }, { key: 'k1' })
  await act.transition('a', 'note', agent, { sure: true, note: 'first' }, { key: 'k1' })
  await act.transition('a', 'note', agent, { sure: false, card: canary })
  await act.transition('a', 'risky', agent, {})
  await act.transition('a', 'close', agent, {})
  await act.transition('a', 'note', agent, { big: 'x'.repeat(evidenceBytes * 2) })
  clock.advance(1000)

  await Promise.all(
    ['a', 'b', 'c', 'poisoned'].flatMap((id) =>
      [40, 40].map((amount) => act.transition(id, 'spend', agent, { amount })),
    ),
  )
  const asked = await act.transition('a', 'pay', agent, { amount: 70 })
  const requestId = asked && 'approvalId' in asked ? asked.approvalId : ''
  await inbound.decide(requestId, olga, 'approve')
  await inbound.decide(requestId, bob, 'reject', 'a guess')
  await inbound.decide(requestId, alice, 'approve')
  await inbound.decide(requestId, aliceAgain, 'approve')
  await inbound.decide(requestId, bob, 'approve')
  await inbound.decide(requestId, bob, 'approve')

  await act.stop(agent.id)
  await act.transition('b', 'note', agent, { sure: true })
  await act.release(agent.id)
  await act.transition('b', 'note', agent, { sure: true })
  await system.engine.erase({ aggregateId: 'b', seq: 2, actor: alice, reason: 'article 17' })

  const signed: NonNullable<World['signed']>[number][] = []
  const sign = async (tenant: string, { signer, publicKey: key }: KeyOfLog): Promise<void> => {
    const { size, root } = await createLog({ store, tenant, signer, clock }).checkpoint()
    if (tenant === 'default') signed.push({ size, root, key, at: clock.now() })
  }
  const [old, next] = [generateSigner('proof.example/log'), generateSigner('proof.example/log')]
  await sign('default', old)
  clock.advance(1000)
  const rotatedAt = clock.now()
  await act.transition('b', 'note', agent, { sure: true })

  await fence(store, clock, operations)
  for (let round = 0; round < 6; round++) {
    await system.relay.drain()
    clock.advance(60_000)
  }
  await Promise.all(['a', 'b', 'c'].map((id) => act.get(id)))

  for (const tenant of ['default', 'other']) await sign(tenant, sabotage.keepOldKey ? old : next)
  const last = signed.at(-1)

  const tenants = ['default', 'other']
  const world: World = {
    ...worldOf(store, effects, tenants),
    operations,
    deliveries,
    subscribers: [sink.name],
    authenticDecisions: inbound.authentic,
    signed,
    keys: [{ key: old.publicKey, notAfter: rotatedAt }, { key: next.publicKey }],
    ...(last && { remembered: { tenant: 'default', size: last.size, root: last.root } }),
    sequenced: true,
    quietAnswers,
    busyAnswers: await answersOf(store, 'other'),
  }
  const changed = await sabotage.afterwards?.({ store, world })
  return { ...world, ...changed }
}

/** A sink that takes everything but what is about one poisoned run. */
function createAudit(deliveries: DeliveredEvent[]): EventSink {
  return {
    contract: 'sink/v1',
    name: 'audit',
    async publish(events) {
      if (events.some(({ subject }) => subject === 'poisoned'))
        throw new LoopError('refused', 'poison')
      for (const event of events) deliveries.push({ subscriber: 'audit', event })
    },
  }
}

interface Inbound {
  /** What events asked for that were signed with the channel's secret. */
  readonly authentic: ReadonlySet<string>
  decide(
    requestId: string,
    actor: Actor,
    decision: 'approve' | 'reject',
    secret?: string,
  ): Promise<void>
}

/** A channel's inbound side: an event that is not signed by the channel's secret asks for nothing. */
function createInbound(
  { approvals }: LoopSystem,
  operations: Operation[],
  acceptForgeries = false,
): Inbound {
  const ours = 'channel secret'
  const authentic = new Set<string>()
  return {
    authentic,
    async decide(requestId, actor, decision, secret = ours) {
      const body = `${requestId}\n${actor.id}\n${decision}`
      const sign = (by: string): string =>
        createHash('sha256').update(`${by}\n${body}`).digest('hex')
      const isGenuine = sign(secret) === sign(ours)
      if (isGenuine) authentic.add(body)
      else if (!acceptForgeries) return
      const result = await approvals.decide({ requestId, decision, actor }).catch(() => undefined)
      operations.push({
        kind: 'decide',
        invoked: 0,
        returned: 0,
        tenant: 'default',
        outcome: result?.status ?? 'error',
      })
    },
  }
}

/** Two workers claim the same item one after the other; the first then tries to finish it. */
async function fence(store: LoopStore, clock: TestClock, operations: Operation[]): Promise<void> {
  const [stale] = await store.claim({ worker: 'slow', now: clock.now(), leaseMs: 10, limit: 1 })
  if (!stale) return
  clock.advance(1000)
  const claims = await store.claim({ worker: 'next', now: clock.now(), leaseMs: 10, limit: 100 })
  const fresh = claims.find(({ id }) => id === stale.id)
  const note = (outcome: string, held: number, tick: number): void =>
    void operations.push({
      kind: 'settle',
      tenant: 'default',
      outcome,
      fence: held,
      itemId: stale.id,
      invoked: tick,
      returned: tick,
    })
  note('claimed', stale.fence, -3)
  if (fresh) note('claimed', fresh.fence, -2)
  const [settled] = await store.settle([
    {
      id: stale.id,
      fence: stale.fence,
      outcome: { kind: 'retry', dueAt: clock.now(), error: 'late' },
    },
  ])
  note(settled ? 'settled' : 'refused', stale.fence, -1)
  clock.advance(1000)
}
