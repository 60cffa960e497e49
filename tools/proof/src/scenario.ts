import { isLoopError, LoopError, type EventSink, type LoopStore } from '@loop-engine/core'
import {
  checkAgainst,
  createLog,
  createNoteSigner,
  generateNoteSigner,
  type NoteSigner,
} from '@loop-engine/observability'
import { createAuthority, createLoopSystem, createMemoryStore } from '@loop-engine/sdk'
import type { DeliveredEvent, Operation, TestClock, World } from '@loop-engine/testing'

import { createActs } from './acts.ts'
import { createInbound, guessedSecret } from './inbound.ts'
import { openSystem, worldOf } from './journey.ts'
import { answersOf, bodiesOf, recording } from './observe.ts'
import { agent, alice, aliceAgain, bob, canary, evidenceBytes, olga } from './proof-loop.ts'
import type { Sabotage } from './sabotage.ts'

/** Runs one long day of a system, and returns everything that was observed. */
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
  const authority = createAuthority({ name: 'page' })
  const { system, clock, effects } = await openSystem(store, 'run', { maxAttempts: 2 }, (options) =>
    createLoopSystem({
      ...options,
      ...(sabotage.guard && { guards: [sabotage.guard] }),
      sinks: [sabotage.sink ? sabotage.sink(sink) : sink],
      ...sabotage.options,
      identity: { ...options.identity, ...sabotage.options?.identity, authority },
    }),
  )
  const act = createActs(system, operations)
  const inbound = createInbound({ system, authority, clock, operations, page: sabotage.page })

  await act.start('a', 'other')
  await act.transition('a', 'spend', agent, { amount: 90 }, { tenant: 'other' })
  // From here on the tenant `other` is quiet, and only `default` is busy.
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
  await inbound.decide(requestId, bob, 'reject', guessedSecret)
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
  const sign = async (tenant: string, signer: NoteSigner): Promise<string | null> => {
    const { size, root, note } = await createLog({ store, tenant, signer, clock }).checkpoint()
    if (tenant === 'default') signed.push({ size, root, key: signer.publicKey, at: clock.now() })
    return note
  }
  const rotatedAt = clock.now() + 1000
  const { name, privateKey } = generateNoteSigner('proof.example/log')
  const old = createNoteSigner({ name, privateKey, notAfter: rotatedAt })
  const next = generateNoteSigner(name).signer
  await sign('default', old)
  const backup = await backupOf(store, 'default')
  clock.advance(1000)
  await act.transition('b', 'note', agent, { sure: true })

  await fence(store, clock, operations)
  for (let round = 0; round < 6; round++) {
    await system.relay.drain()
    clock.advance(60_000)
  }
  await Promise.all(['a', 'b', 'c'].map((id) => act.get(id)))

  // Somebody goes on signing with the old key after the rotation.
  const changed = sabotage.signer ? sabotage.signer(old) : old
  await sign('default', changed).catch((error: unknown) => {
    if (!isLoopError(error) || error.code !== 'refused') throw error
  })
  const kept = await sign('default', next)
  await sign('other', next)
  const last = signed.at(-1)
  const checkpoint = { note: kept ?? '', keys: [old, next] }
  const check = sabotage.startCheck ? sabotage.startCheck(checkAgainst) : checkAgainst
  const starts = await Promise.all(
    [store, backup].map(async (found) => ({
      isBackup: found === backup,
      isReported: !(await check({ store: found, tenant: 'default', checkpoint })).ok,
    })),
  )

  const tenants = ['default', 'other']
  return {
    ...worldOf(store, effects, tenants),
    operations,
    deliveries,
    subscribers: [sink.name],
    authenticDecisions: inbound.authentic,
    signed,
    keys: [{ key: old.publicKey, notAfter: rotatedAt }, { key: next.publicKey }],
    starts,
    ...(last && { remembered: { tenant: 'default', size: last.size, root: last.root } }),
    sequenced: true,
    quietAnswers,
    busyAnswers: await answersOf(store, 'other'),
  }
}

/** A sink that accepts all events except those of one poisoned run. */
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

/** A backup: the store as it is now, without anything that is committed later. */
async function backupOf(store: LoopStore, tenant: string): Promise<LoopStore> {
  const head = await store.logHead(tenant)
  const leaves = await store.leaves(tenant, { from: 0, limit: 1000 })
  return {
    ...store,
    logHead: async () => head,
    leaves: async (_, { from, limit }) => leaves.slice(from, from + limit),
  }
}

/** Lets two workers claim the same item one after the other; the first then tries to settle it. */
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
