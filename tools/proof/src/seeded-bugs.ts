import { parseDuration, type CommitPlan, type LoopStore, type StoredEntry } from '@loop-engine/core'

import { brokenGuard } from './proof-loop.ts'
import { reseal, withPlans } from './reseal.ts'
import type { Sabotage } from './scenario.ts'

/** A fault on purpose, and the invariant that must catch it. */
export interface SeededBug {
  readonly invariant: number
  readonly what: string
  readonly sabotage: Sabotage
}

const store = (change: (store: LoopStore) => LoopStore): Sabotage => ({ store: change })
const plans = (
  change: (plan: CommitPlan, store: LoopStore) => CommitPlan | Promise<CommitPlan>,
): Sabotage => store((inner) => withPlans(inner, change))
const executes = (plan: CommitPlan): boolean =>
  plan.entries.some(({ type }) => type === 'loop.transition.executed')

/** Grows over all runs of a process, so that a second run sees other numbers than the first. */
function neverTheSame(): () => number {
  let sum = 0
  let step = 0
  return () => (sum += ++step)
}

/** At least one for each invariant; `npm run proof` shows that each is caught. */
export const seededBugs: readonly SeededBug[] = [
  {
    invariant: 1,
    what: 'the store forgets to update the state of a run',
    sabotage: plans((plan) =>
      executes(plan)
        ? { ...plan, instance: { ...plan.instance, currentState: 'OPEN', transitions: 0 } }
        : plan,
    ),
  },
  {
    invariant: 2,
    what: 'a transition lands in a state that the definition does not lead to',
    sabotage: plans((plan, inner) =>
      reseal(inner, plan, (entry) =>
        entry.transitionId === 'spend' && entry.toState ? { ...entry, toState: 'PAYING' } : entry,
      ),
    ),
  },
  {
    invariant: 3,
    what: 'records do not say how their actor became known',
    sabotage: plans((plan, inner) =>
      reseal(inner, plan, (entry) => ({
        ...entry,
        actor: { type: entry.actor.type, id: entry.actor.id },
      })),
    ),
  },
  {
    invariant: 4,
    what: 'a guard result carries something that is not the same in a replay',
    sabotage: { options: { elapsedUs: neverTheSame() } },
  },
  {
    invariant: 5,
    what: 'a run is judged under a newer definition without a migration',
    sabotage: plans((plan, inner) =>
      reseal(inner, plan, (entry) =>
        entry.seq > 3 ? { ...entry, definition: 'f'.repeat(64) } : entry,
      ),
    ),
  },
  {
    invariant: 6,
    what: 'the outbox is written outside the commit, and lost',
    sabotage: plans((plan) => ({
      ...plan,
      outbox: plan.outbox?.filter(({ kind }) => kind !== 'effect'),
    })),
  },
  {
    invariant: 7,
    what: 'a commit is acknowledged that was never written',
    sabotage: store((inner) => {
      let commits = 0
      return {
        ...inner,
        commit: async (all) =>
          ++commits === 8 ? all.map(() => ({ kind: 'committed' as const })) : inner.commit(all),
      }
    }),
  },
  {
    invariant: 8,
    what: 'the store loses idempotency keys',
    sabotage: plans(({ idempotency: _, ...plan }) => plan),
  },
  {
    invariant: 9,
    what: 'a blocked attempt moves the run',
    sabotage: plans((plan, inner) =>
      reseal(inner, plan, (entry) =>
        entry.type === 'loop.transition.blocked' ? { ...entry, toState: 'OPEN' } : entry,
      ),
    ),
  },
  {
    invariant: 10,
    what: 'reads are answered by a replica that lags behind',
    sabotage: store((inner) => {
      const first = new Map<string, Awaited<ReturnType<LoopStore['get']>>>()
      return {
        ...inner,
        async get(tenant, aggregateId) {
          const now = await inner.get(tenant, aggregateId)
          if (!first.has(aggregateId) && now && aggregateId === 'c') first.set(aggregateId, now)
          return first.get(aggregateId) ?? now
        },
        commit: async (all) => {
          for (const { instance } of all)
            if (instance.aggregateId === 'c' && !first.has('c')) first.set('c', instance)
          return inner.commit(all)
        },
      }
    }),
  },
  {
    invariant: 11,
    what: 'the store reports conflicts that are none',
    sabotage: store((inner) => {
      let commits = 0
      return {
        ...inner,
        commit: async (all) =>
          ++commits === 7
            ? all.map(({ expectedVersion }) => ({
                kind: 'conflict' as const,
                actual: expectedVersion,
              }))
            : inner.commit(all),
      }
    }),
  },
  {
    invariant: 12,
    what: 'two commits of one key both succeed',
    sabotage: store((inner) => ({
      ...withPlans(inner, ({ idempotency: _, ...plan }) => plan),
      idempotency: async () => null,
    })),
  },
  {
    invariant: 13,
    what: 'the store does not check fences',
    sabotage: store((inner) => {
      const newest = new Map<string, number>()
      return {
        ...inner,
        async claim(query) {
          const claims = await inner.claim(query)
          for (const { id, fence } of claims) newest.set(id, fence)
          return claims
        },
        settle: (settlements) =>
          inner.settle(
            settlements.map((settlement) => ({
              ...settlement,
              fence: newest.get(settlement.id) ?? settlement.fence,
            })),
          ),
      }
    }),
  },
  {
    invariant: 14,
    what: 'what executes after an approval is not what was approved',
    sabotage: plans((plan, inner) =>
      reseal(inner, plan, (entry) =>
        entry.type === 'loop.transition.executed' && entry.approval && entry.effect
          ? { ...entry, effect: { ...entry.effect, inputDigest: '0'.repeat(64) } }
          : entry,
      ),
    ),
  },
  {
    invariant: 15,
    what: 'an approval that expired is used',
    sabotage: plans((plan, inner) =>
      reseal(inner, plan, (entry) =>
        entry.type === 'loop.transition.executed' && entry.approval
          ? { ...entry, at: entry.at + parseDuration('365d') }
          : entry,
      ),
    ),
  },
  {
    invariant: 16,
    what: 'two accounts of one person count as two people',
    sabotage: {
      options: { identity: { directory: (_, id) => ({ roles: ['finance'], identityClass: id }) } },
    },
  },
  {
    invariant: 17,
    what: 'commits do not look at stops',
    sabotage: plans((plan) => ({ ...plan, scopes: [] })),
  },
  {
    invariant: 18,
    what: 'an agent passes as a person',
    sabotage: plans((plan, inner) =>
      reseal(inner, plan, (entry) =>
        entry.type === 'loop.transition.rejected' && entry.transitionId === 'close'
          ? { ...entry, type: 'loop.transition.executed', toState: 'CLOSED', status: 'completed' }
          : entry,
      ),
    ),
  },
  {
    invariant: 19,
    what: 'a guard that throws counts as passed',
    sabotage: {
      guard: {
        ...brokenGuard,
        evaluate: () => ({ passed: true }),
      },
    },
  },
  {
    invariant: 20,
    what: 'budgets are checked before the commit instead of in it',
    sabotage: plans(({ reservations: _, ...plan }) => plan),
  },
  {
    invariant: 21,
    what: 'the relay takes an event for delivered that the sink refused',
    sabotage: {
      sink: (sink) => ({
        ...sink,
        publish: async (events, context) => {
          if (events.some(({ sequence }) => Number(sequence) === 4)) return
          await sink.publish(events, context)
        },
      }),
    },
  },
  {
    invariant: 22,
    what: 'an event is delivered whose commit was rolled back',
    sabotage: {
      sink: (sink) => ({
        ...sink,
        publish: async (events, context) => {
          await sink.publish(events, context)
          if (events.some(({ subject }) => subject === 'b'))
            await sink.publish(
              events.map((event) => ({ ...event, id: '0'.repeat(64) })),
              context,
            )
        },
      }),
    },
  },
  {
    invariant: 23,
    what: 'one lane is delivered by several workers at once, in any order',
    sabotage: {
      sink: (sink) => {
        const held: Parameters<typeof sink.publish>[0][] = []
        return {
          ...sink,
          publish: async (events, context) => {
            if (events[0]?.subject !== 'c') return sink.publish(events, context)
            held.unshift(events)
            if (held.length === 2)
              for (const batch of held.splice(0)) await sink.publish(batch, context)
          },
        }
      },
    },
  },
  {
    invariant: 24,
    what: 'all lanes wait for a poisoned one',
    sabotage: store((inner) => {
      let poisoned = false
      return {
        ...inner,
        async claim(query) {
          const claims = await inner.claim(query)
          const ofPoisoned = claims.filter(({ aggregateId }) => aggregateId === 'poisoned')
          poisoned ||= ofPoisoned.length > 0
          return poisoned ? ofPoisoned : claims
        },
      }
    }),
  },
  {
    invariant: 25,
    what: 'the log is read with "id greater than the last one"',
    sabotage: store((inner) => ({
      ...inner,
      unlogged: async (...query) => (await inner.unlogged(...query)).filter(({ seq }) => seq !== 3),
    })),
  },
  {
    invariant: 26,
    what: 'a channel does not check the signature of its events',
    sabotage: { acceptForgeries: true },
  },
  {
    invariant: 27,
    what: 'a record is written in other words than it was hashed in',
    sabotage: plans((plan) => ({
      ...plan,
      entries: plan.entries.map((entry) =>
        entry.seq === 2
          ? { ...entry, body: entry.body.replace('agent:payer', 'agent:other') }
          : entry,
      ),
    })),
  },
  {
    invariant: 28,
    what: 'the log takes in other bytes than those of the record',
    sabotage: store((inner) => ({
      ...inner,
      unlogged: async (...range) =>
        (await inner.unlogged(...range)).map((entry) =>
          entry.seq === 2 ? { ...entry, body: `${entry.body} ` } : entry,
        ),
    })),
  },
  {
    invariant: 29,
    what: 'the store keeps records as parsed JSON and writes them anew',
    sabotage: store((inner) => {
      const anew = (entry: StoredEntry): StoredEntry => ({
        ...entry,
        body: JSON.stringify(JSON.parse(entry.body), null, 1),
      })
      return {
        ...inner,
        entries: async (...range) => (await inner.entries(...range)).map(anew),
        unlogged: async (...range) => (await inner.unlogged(...range)).map(anew),
      }
    }),
  },
  {
    invariant: 30,
    what: 'an erasure is recorded but deletes nothing',
    sabotage: plans(({ erase: _, ...plan }) => plan),
  },
  {
    invariant: 31,
    what: 'a key that was changed goes on signing',
    sabotage: { keepOldKey: true },
  },
  {
    invariant: 32,
    what: 'reads leave the tenant out of the key',
    sabotage: store((inner) => ({
      ...inner,
      get: async (tenant, id) => (await inner.get('default', id)) ?? inner.get(tenant, id),
    })),
  },
  {
    invariant: 33,
    what: 'entries take the wall clock as it is, also when it goes back',
    sabotage: plans((plan, inner) =>
      reseal(inner, plan, (entry) =>
        entry.type === 'loop.transition.executed' ? { ...entry, at: entry.at - 3_600_000 } : entry,
      ),
    ),
  },
  {
    invariant: 34,
    what: 'evidence is recorded without redaction',
    sabotage: { options: { redaction: {} } },
  },
  {
    invariant: 35,
    what: 'the size of evidence is not limited',
    sabotage: {
      options: {
        limits: { evidenceBytes: 1_000_000, maxAttempts: 2, backoffMs: { first: 1, longest: 1 } },
      },
    },
  },
  {
    invariant: 36,
    what: 'an older backup is restored',
    sabotage: {
      afterwards: async ({ store: inner }) => ({
        store: {
          ...inner,
          leaves: async (tenant, range) => (await inner.leaves(tenant, range)).slice(0, 3),
        },
      }),
    },
  },
]
