import type { CommitPlan, CommitResult, LoopStore } from '@loop-engine/core'
import { storeConformance, type StoreHarness } from '@loop-engine/testing'

import { suiteJudges } from './suite-judges.ts'
import { answering, beside, committing, oneByOne, storeWith } from './wrong-store.ts'

/** A store that looks at something of a plan before all that it should look at first. */
const lookingFirst = (
  judge: (plan: CommitPlan, inner: LoopStore) => Promise<CommitResult | null>,
): StoreHarness =>
  oneByOne(async (plan, inner) => (await judge(plan, inner)) ?? inner.commit([plan]))

await suiteJudges(storeConformance, storeWith(), {
  'acknowledges a commit that it did not write': storeWith(() => ({
    commit: async (plans) => plans.map(() => ({ kind: 'committed' })),
  })),
  'answers once for all plans': storeWith((inner) => ({
    commit: async (plans) => (await inner.commit(plans)).slice(0, 1),
  })),
  'stops at the first plan that it refuses': oneByOne(async (plan, inner, before) =>
    before.some(({ kind }) => kind !== 'committed')
      ? { kind: 'conflict', actual: null }
      : inner.commit([plan]),
  ),
  'reads plans when their caller may have changed them': storeWith((inner) => ({
    async commit(plans) {
      await Promise.resolve()
      return inner.commit(plans)
    },
  })),
  'writes the plans before an invalid one': oneByOne((plan, inner) => inner.commit([plan])),
  'does not look at versions': storeWith((inner) => ({
    async commit(plans) {
      const results = await inner.commit(plans)
      return results.map((result) => (result.kind === 'conflict' ? { kind: 'committed' } : result))
    },
  })),
  'does not tell the actual version': answering(({ kind }) =>
    kind === 'conflict' ? { actual: null } : {},
  ),
  'reports the expected version as the actual one': answering(({ kind }, { expectedVersion }) =>
    kind === 'conflict' ? { actual: expectedVersion } : {},
  ),
  'lets a business key have two open runs': committing(({ instance }) => ({
    instance: { ...instance, aggregateId: instance.runId },
  })),
  'forgets the state of a run': committing(({ instance }) => ({
    instance: { ...instance, currentState: 'open' },
  })),
  'forgets tags': committing(({ instance }) => ({ instance: { ...instance, tags: [] } })),
  'forgets metadata': committing(({ instance }) => ({ instance: { ...instance, metadata: {} } })),
  'forgets approvals': committing(() => ({ approvals: [] })),
  'forgets the outbox': committing(() => ({ outbox: [] })),
  'forgets keys': committing(() => ({ idempotency: undefined })),
  'forgets what a receipt was spent on': committing(() => ({ spend: undefined })),
  'forgets limits': committing(() => ({ reservations: [] })),
  'forgets stops': committing(() => ({ stops: {} })),
  'does not look at stops': committing(() => ({ scopes: [] })),
  'looks at the stop of everything only': committing(({ scopes }) => ({
    scopes: scopes.filter((scope) => scope === '*'),
  })),
  'looks at the first scope only': committing(({ scopes }) => ({ scopes: scopes.slice(0, 1) })),
  'refuses plans that name no scope under a stop': committing(({ scopes, tenant }) => ({
    scopes: scopes.length > 0 ? scopes : ['*', `tenant:${tenant}`],
  })),
  'releases nothing': committing(({ stops }) => ({ stops: { ...stops, clear: [] } })),
  'does not say which stop it is': answering((result) =>
    result.kind === 'refused' && result.reason === 'stopped' ? { detail: 'stopped' } : {},
  ),
  'does not say which counter is full': answering((result) =>
    result.kind === 'refused' && result.reason === 'limit' ? { detail: 'limit' } : {},
  ),
  'does not look at fences': committing(() => ({ fence: undefined })),
  'does not settle the item that a commit settles': committing(({ settle }) => ({
    settle: undefined,
    fence: settle,
  })),
  'settles an item whose lease a commit only names as its fence': committing(
    ({ settle, fence }) => ({
      settle: settle ?? fence,
      fence: undefined,
    }),
  ),
  'erases nothing': committing(() => ({ erase: [] })),
  'erases everything': committing(({ erase, instance }) => ({
    erase: erase && Array.from({ length: instance.version }, (_, index) => index + 1),
  })),
  'cancels nothing': committing(() => ({ cancel: [] })),
  'counts each reservation alone': committing(({ reservations }) => ({
    reservations: reservations?.slice(0, 1),
  })),
  'counts in whole numbers': committing(({ reservations }) => ({
    reservations: reservations?.map((one) => ({ ...one, amount: Math.round(one.amount) })),
  })),
  'counts over all windows': committing(({ reservations }) => ({
    reservations: reservations?.map((one) => ({ ...one, bucket: 0 })),
  })),
  'refuses a reservation that just fits': committing(({ reservations }) => ({
    reservations: reservations?.map((one) => ({ ...one, limit: one.limit - 1 })),
  })),
  'keeps a window only as long as its last reservation needs': committing(({ reservations }) => ({
    reservations: reservations?.map((one) => ({ ...one, expiresAt: one.expiresAt ?? 1 })),
  })),
  'answers a repetition with its own content': answering(({ kind }, { idempotency }) =>
    kind === 'duplicate' ? { answer: idempotency?.answer } : {},
  ),
  'answers another command with the same key': answering(({ kind }, { idempotency }) =>
    kind === 'key-mismatch' ? { kind: 'duplicate', answer: idempotency?.answer } : {},
  ),
  'carries out a part of a repeated plan': storeWith((inner) => ({
    async commit(plans) {
      const results = await inner.commit(plans)
      const repeated = plans.filter((_, index) => results[index]?.kind === 'duplicate')
      for (const { outbox, instance } of repeated) {
        const run = outbox && (await inner.getRun(instance.tenant, instance.runId))
        if (run) await inner.commit([beside(run, { outbox })])
      }
      return results
    },
  })),
  'carries out a part of a refused plan': storeWith((inner) => ({
    async commit(plans) {
      const results = await inner.commit(plans)
      const refused = plans.filter((_, index) => results[index]?.kind === 'refused')
      for (const { stops, instance } of refused) {
        const run = stops && (await inner.getRun(instance.tenant, instance.runId))
        if (run) await inner.commit([beside(run, { stops })])
      }
      return results
    },
  })),
  'shares a key among all principals of a tenant': committing(({ idempotency }) => ({
    idempotency: idempotency && { ...idempotency, principal: 'anybody' },
  })),
  'looks at the version before the stops': lookingFirst(
    async ({ instance, expectedVersion }, inner) => {
      const run = await inner.getRun(instance.tenant, instance.runId)
      const actual = run?.version ?? 0
      return actual === expectedVersion ? null : { kind: 'conflict', actual }
    },
  ),
  'looks at the stops before the key': lookingFirst(async ({ scopes }, inner) => {
    const stop = (await inner.stops()).find(({ scope }) => scopes.includes(scope))
    return stop ? { kind: 'refused', reason: 'stopped', detail: stop.scope } : null
  }),
  'looks at the receipt before the version': lookingFirst(async ({ spend, tenant }, inner) =>
    spend && (await inner.spentBy(tenant, spend.receipt)) !== null
      ? { kind: 'refused', reason: 'spent', detail: spend.receipt }
      : null,
  ),
})
