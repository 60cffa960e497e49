import type { ClaimQuery, LoopStore, OutboxClaim, Settlement } from '@loop-engine/core'
import { storeConformance, type StoreHarness } from '@loop-engine/testing'

import { overtaking } from './overtaking-store.ts'
import { suiteJudges } from './suite-judges.ts'
import { committing, storeWith } from './wrong-store.ts'

const claiming = (change: (query: ClaimQuery) => object): StoreHarness =>
  storeWith((inner) => ({ claim: (query) => inner.claim({ ...query, ...change(query) }) }))
const handingOut = (change: (claims: readonly OutboxClaim[]) => readonly OutboxClaim[]) =>
  storeWith((inner) => ({ claim: async (query) => change(await inner.claim(query)) }))
const settling = (change: (settlement: Settlement) => object): StoreHarness =>
  storeWith((inner) => ({
    settle: (all) => inner.settle(all.map((one) => ({ ...one, ...change(one) }))),
  }))
/** A store that takes whoever settles, extends or posts for the one that holds the lease. */
const trusting = (
  change: (inner: LoopStore, fenceOf: (id: string) => number) => Partial<LoopStore>,
) =>
  storeWith((inner) => {
    const newest = new Map<string, number>()
    return {
      async claim(query) {
        const claims = await inner.claim(query)
        for (const { id, fence } of claims) newest.set(id, fence)
        return claims
      },
      ...change(inner, (id) => newest.get(id) ?? 0),
    }
  })

await suiteJudges(storeConformance, storeWith(), {
  'ignores the limit of a claim': claiming(() => ({ limit: 1000 })),
  'claims all kinds': claiming(() => ({ kinds: undefined })),
  'reads an empty list of kinds as all kinds': claiming(({ kinds }) => ({
    kinds: kinds?.length ? kinds : undefined,
  })),
  'claims for all instances': claiming(() => ({ instance: undefined })),
  'claims items before they are due': claiming(({ now }) => ({ now: now + 1 })),
  'claims items only after they are due': claiming(({ now }) => ({ now: now - 1 })),
  'leases for longer than the caller asked': claiming(({ leaseMs }) => ({ leaseMs: leaseMs + 1 })),
  'hands out the youngest first': handingOut((claims) => claims.toReversed()),
  'changes the text of payloads': handingOut((claims) =>
    claims.map((claim) => ({
      ...claim,
      payload: JSON.stringify(JSON.parse(claim.payload), null, 1),
    })),
  ),
  'does not count attempts': handingOut((claims) =>
    claims.map((claim) => ({ ...claim, attempt: 1 })),
  ),
  'has one fence for all': handingOut((claims) => claims.map((claim) => ({ ...claim, fence: 1 }))),
  'hands out leased items': storeWith((inner) => {
    const held: OutboxClaim[] = []
    return {
      async claim(query) {
        const claims = await inner.claim(query)
        held.push(...claims)
        return claims.length > 0 ? claims : held.slice(0, query.limit)
      },
    }
  }),
  'does not hand out an item again after its lease expired': storeWith((inner) => {
    const seen = new Set<string>()
    return {
      async claim(query) {
        const claims = (await inner.claim(query)).filter(({ id }) => !seen.has(id))
        for (const { id } of claims) seen.add(id)
        return claims
      },
    }
  }),
  'delivers items of one lane side by side': committing(({ outbox }) => ({
    outbox: outbox?.map((item) => ({ ...item, lane: item.id })),
  })),
  'delivers the items of a lane in the order of their due times': committing(({ outbox }) => ({
    outbox: outbox?.map((item) => ({ ...item, seq: item.dueAt })),
  })),
  'has one lane for all': committing(({ outbox }) => ({
    outbox: outbox?.map((item) => ({ ...item, lane: 'lane' })),
  })),
  'lets later items of a lane overtake one that waits for a retry': overtaking(),
  'lets anybody settle': trusting((inner, fenceOf) => ({
    settle: (all) => inner.settle(all.map((one) => ({ ...one, fence: fenceOf(one.id) }))),
  })),
  'lets anybody extend': trusting((inner, fenceOf) => ({
    extend: (leases, until) =>
      inner.extend(
        leases.map(({ id }) => ({ id, fence: fenceOf(id) })),
        until,
      ),
  })),
  'lets anybody post': trusting((inner, fenceOf) => ({
    keepMessage: (posted) =>
      inner.keepMessage({
        ...posted,
        lease: { id: posted.lease.id, fence: fenceOf(posted.lease.id) },
      }),
  })),
  'says that it settled': storeWith((inner) => ({
    settle: async (all) => (await inner.settle(all)).map(() => true),
  })),
  'says that it extended': storeWith((inner) => ({
    extend: async (leases, until) => (await inner.extend(leases, until)).map(() => true),
  })),
  'extends nothing': storeWith(() => ({ extend: async (leases) => leases.map(() => true) })),
  'retries at once': settling(({ outcome }) =>
    outcome.kind === 'retry' ? { outcome: { ...outcome, dueAt: 0 } } : {},
  ),
  'gives up an item that is to be retried': settling(({ outcome }) =>
    outcome.kind === 'retry' ? { outcome: { kind: 'dead', at: 0, error: '' } } : {},
  ),
  'loses dead letters': settling(({ outcome }) =>
    outcome.kind === 'dead' ? { outcome: { kind: 'done' } } : {},
  ),
  'does not say why a letter died': settling(({ outcome }) =>
    outcome.kind === 'dead' ? { outcome: { ...outcome, error: '' } } : {},
  ),
  'shows dead letters to every tenant': storeWith((inner) => ({
    deadLetters: (query) => inner.deadLetters({ ...query, tenant: 'acme' }),
  })),
  'ignores the page size of dead letters': storeWith((inner) => ({
    deadLetters: (query) => inner.deadLetters({ limit: 50, ...query }),
  })),
  'revives for every tenant': storeWith((inner) => ({
    revive: (_, id, dueAt) => inner.revive('acme', id, dueAt),
  })),
  'revives at once': storeWith((inner) => ({
    revive: (tenant, id) => inner.revive(tenant, id, 0),
  })),
  'says that it revived': storeWith((inner) => ({
    revive: async (...letter) => (await inner.revive(...letter)) || true,
  })),
  'does not find waiting items': storeWith(() => ({ delivery: async () => null })),
  'shows waiting items to every tenant': storeWith((inner) => ({
    delivery: (_, id) => inner.delivery('acme', id),
  })),
  'does not say when the next item is due': storeWith(() => ({ nextDueAt: async () => null })),
  'is always due': storeWith(() => ({ nextDueAt: async () => 0 })),
  'cancels items that a worker holds': storeWith((inner) => {
    const held = new Map<string, number>()
    return {
      async claim(query) {
        const claims = await inner.claim(query)
        for (const { id, fence } of claims) held.set(id, fence)
        return claims
      },
      async commit(plans) {
        const results = await inner.commit(plans)
        for (const id of plans.flatMap(({ cancel = [] }) => cancel))
          await inner.settle([{ id, fence: held.get(id) ?? 0, outcome: { kind: 'done' } }])
        return results
      },
    }
  }),
  'keeps one message for all channels': storeWith((inner) => ({
    keepMessage: (posted) => inner.keepMessage({ ...posted, channel: 'channel' }),
  })),
  'keeps the first message of a channel': storeWith((inner) => ({
    async keepMessage(posted) {
      const request = await inner.approval(posted.tenant, posted.requestId)
      return request?.messages[posted.channel] ? true : inner.keepMessage(posted)
    },
  })),
  'forgets messages': storeWith(() => ({ keepMessage: async () => true })),
  'loses messages with a commit': storeWith((inner) => {
    const taken = new Set<string>()
    return {
      async commit(plans) {
        for (const { approvals = [] } of plans) for (const { id } of approvals) taken.add(id)
        return inner.commit(plans)
      },
      async approval(tenant, id) {
        const request = await inner.approval(tenant, id)
        return request && taken.has(id) && request.status !== 'pending'
          ? { ...request, messages: {} }
          : request
      },
    }
  }),
})
