import { createHash } from 'node:crypto'

import {
  isLoopError,
  LoopError,
  type Actor,
  type EventSink,
  type Guard,
  type LoopStore,
} from '@loop-engine/core'
import { definitionDigest } from '@loop-engine/dsl'
import { createLog, createSigner, generateSigner } from '@loop-engine/observability'
import {
  createLoopSystem,
  createMemoryStore,
  type LoopSystem,
  type LoopSystemOptions,
} from '@loop-engine/sdk'
import {
  createTestClock,
  createTestIdentifiers,
  type DeliveredEvent,
  type EffectRun,
  type Operation,
  type TestClock,
  type World,
} from '@loop-engine/testing'

import {
  agent,
  alice,
  aliceAgain,
  bob,
  brokenGuard,
  canary,
  createBank,
  evidenceBytes,
  identityClassOf,
  olga,
  proofLoop,
  secrets,
} from './proof-loop.ts'

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
  readonly clock?: (clock: TestClock) => TestClock
  /** Runs when all is committed: somebody with access to the store. */
  readonly afterwards?: (situation: {
    readonly store: LoopStore
    readonly world: World
  }) => Promise<Partial<World> | void>
}

/** Runs one long day of a system on the given store, and returns everything that was seen of it. */
export async function runScenario(
  sabotage: Sabotage = {},
  create: () => LoopStore | Promise<LoopStore> = () => createMemoryStore(),
): Promise<World> {
  const first = await runDay(sabotage, await create())
  if (first.replay) return first
  const second = await runDay(sabotage, createMemoryStore({ durability: first.store.durability }))
  return { ...first, replay: await bodiesOf(second) }
}

async function runDay(sabotage: Sabotage, inner: LoopStore): Promise<World> {
  const operations: Operation[] = []
  const deliveries: DeliveredEvent[] = []
  const effects: EffectRun[] = []
  const authentic = new Set<string>()
  const store = recording(sabotage.store ? sabotage.store(inner) : inner, operations)
  const testClock = createTestClock()
  const clock = sabotage.clock ? sabotage.clock(testClock) : testClock
  const sink: EventSink = {
    contract: 'sink/v1',
    name: 'audit',
    async publish(events) {
      if (events.some(({ subject }) => subject === 'poisoned'))
        throw new LoopError('refused', 'poison')
      for (const event of events) deliveries.push({ subscriber: 'audit', event })
    },
  }
  const system = await createLoopSystem({
    loops: [proofLoop],
    store,
    guards: [sabotage.guard ?? brokenGuard],
    integrations: [createBank(effects)],
    sinks: [sabotage.sink ? sabotage.sink(sink) : sink],
    identity: {
      directory: (_, id) => ({ roles: ['finance'], identityClass: identityClassOf(id) }),
    },
    redaction: { patterns: secrets },
    limits: { maxAttempts: 2, evidenceBytes, backoffMs: { first: 1, longest: 1 } },
    clock,
    ids: createTestIdentifiers(),
    elapsedUs: () => 0,
    relay: false,
    ...sabotage.options,
  })
  const act = createActs(system, operations)

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
  await inbound(system, operations, authentic, requestId, olga, 'approve', true, sabotage)
  await inbound(system, operations, authentic, requestId, bob, 'reject', false, sabotage)
  await inbound(system, operations, authentic, requestId, alice, 'approve', true, sabotage)
  await inbound(system, operations, authentic, requestId, aliceAgain, 'approve', true, sabotage)
  await inbound(system, operations, authentic, requestId, bob, 'approve', true, sabotage)
  await inbound(system, operations, authentic, requestId, bob, 'approve', true, sabotage)

  await act.stop(`actor:default:${agent.id}`, { actorId: agent.id })
  await act.transition('b', 'note', agent, { sure: true })
  await act.release(`actor:default:${agent.id}`, { actorId: agent.id })
  await act.transition('b', 'note', agent, { sure: true })
  await system.engine.erase({ aggregateId: 'b', seq: 2, actor: alice, reason: 'article 17' })

  const signed: NonNullable<World['signed']>[number][] = []
  const sign = async (tenant: string, { signer, key }: ProofSigner): Promise<void> => {
    const { size, root } = await createLog({ store, tenant, signer, clock }).checkpoint()
    if (tenant === 'default') signed.push({ size, root, key, at: clock.now() })
  }
  const [old, next] = [signerOf(), signerOf()]
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

  const world: World = {
    store,
    tenants: ['default', 'other'],
    definitions: new Map([[definitionDigest(proofLoop), proofLoop]]),
    operations,
    deliveries,
    subscribers: ['audit'],
    effects,
    budgets: ['default', 'other'].map((tenant) => ({
      limit: 100,
      transitionId: 'spend',
      amountField: 'amount',
      tenant,
    })),
    brokenGuards: ['broken'],
    agentIds: [agent.id],
    identityClassOf,
    canaries: [canary],
    authenticDecisions: authentic,
    evidenceBytes,
    signed,
    keys: [{ key: old.key, notAfter: rotatedAt }, { key: next.key }],
    ...(last && { remembered: { tenant: 'default', size: last.size, root: last.root } }),
    sequenced: true,
    quietAnswers,
    busyAnswers: await answersOf(store, 'other'),
  }
  const changed = await sabotage.afterwards?.({ store, world })
  return { ...world, ...changed }
}

/** Everything that was committed, as text; what a replay must reproduce. */
export async function bodiesOf({ store, tenants }: World): Promise<readonly string[]> {
  const bodies: string[] = []
  for (const tenant of tenants) {
    for (const { runId } of (await store.find({ tenant, limit: 1000 })).items) {
      for (const { body } of await store.entries(tenant, runId)) bodies.push(body)
    }
  }
  return bodies
}

/** What a tenant can learn by asking. */
export async function answersOf(store: LoopStore, tenant: string): Promise<readonly string[]> {
  const answers = await Promise.all([
    store.get(tenant, 'a'),
    store.get(tenant, 'b'),
    store.find({ tenant }),
    store.approvals({ tenant }),
    store.deadLetters({ tenant }),
    store.counter(tenant, 'spent', 0),
  ])
  return answers.map((answer) => JSON.stringify(answer))
}

function createActs(system: LoopSystem, operations: Operation[]) {
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
    start: (aggregateId: string, tenant = 'default') =>
      watch(
        { kind: 'start', tenant, aggregateId },
        () => system.engine.start({ loopId: proofLoop.id, aggregateId, tenant, actor: agent }),
        ({ version, head }) => ({ outcome: 'started', version, entry: head }),
      ),
    transition: (
      aggregateId: string,
      transitionId: string,
      actor: Actor,
      evidence: object,
      { tenant = 'default', key }: { tenant?: string; key?: string } = {},
    ) =>
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
    stop: (scope: string, target: { actorId: string }) =>
      watch(
        { kind: 'stop', tenant: 'default', scope },
        () => system.engine.stop({ target, actor: alice, reason: 'drill' }),
        () => ({}),
      ),
    release: (scope: string, target: { actorId: string }) =>
      watch(
        { kind: 'release', tenant: 'default', scope },
        () => system.engine.release({ target, actor: alice, reason: 'drill over' }),
        () => ({}),
      ),
    get: (aggregateId: string) =>
      watch(
        { kind: 'get', tenant: 'default', aggregateId },
        () => system.engine.get({ aggregateId }),
        (instance) => (instance ? { version: instance.version, entry: instance.head } : {}),
      ),
  }
}

/** A channel's inbound side: an event that is not signed by the channel's secret asks for nothing. */
async function inbound(
  system: LoopSystem,
  operations: Operation[],
  authentic: Set<string>,
  requestId: string,
  actor: Actor,
  decision: 'approve' | 'reject',
  genuine: boolean,
  { acceptForgeries = false }: Sabotage,
): Promise<void> {
  const body = `${requestId}\n${actor.id}\n${decision}`
  const sign = (secret: string): string =>
    createHash('sha256').update(`${secret}\n${body}`).digest('hex')
  const signature = sign(genuine ? 'channel secret' : 'a guess')
  if (genuine) authentic.add(body)
  if (signature !== sign('channel secret') && !acceptForgeries) return
  const result = await system.approvals
    .decide({ requestId, decision, actor })
    .catch(() => undefined)
  operations.push({
    kind: 'decide',
    invoked: 0,
    returned: 0,
    tenant: 'default',
    outcome: result?.status ?? 'error',
  })
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

/** Notes every conflict with what the store really had. */
export function recording(store: LoopStore, operations: Operation[]): LoopStore {
  return {
    ...store,
    async commit(plans) {
      const results = await store.commit(plans)
      for (const [index, result] of results.entries()) {
        const plan = plans[index]
        if (result.kind === 'conflict' && plan) {
          operations.push({
            kind: 'commit',
            tenant: plan.tenant,
            outcome: 'conflict',
            expected: plan.expectedVersion,
            actual: result.actual,
            invoked: 0,
            returned: 0,
          })
        }
      }
      return results
    },
  }
}

interface ProofSigner {
  readonly signer: ReturnType<typeof createSigner>
  readonly key: string
}

function signerOf(): ProofSigner {
  const { privateKey, publicKey } = generateSigner('proof.example/log')
  return { signer: createSigner({ name: 'proof.example/log', privateKey }), key: String(publicKey) }
}
