import { describe, expect, test } from 'vitest'

import { agent, alice, keep, sealRun, storeWith, tampered, wholeStory } from '../history.fixture.ts'
import { metricsOf } from '../index.ts'

describe('metrics', () => {
  test('add up what a loop did, and who', async () => {
    const store = await storeWith(['a', 'b'])
    await keep(
      store,
      sealRun('c', [
        { type: 'loop.started', toState: 'ASKED', status: 'active' },
        { type: 'loop.transition.blocked', actor: agent, transitionId: 'pay', reason: 'sure' },
        {
          type: 'loop.transition.rejected',
          actor: agent,
          transitionId: 'decline',
          reason: 'actor_type_not_allowed',
        },
        {
          type: 'loop.approval.requested',
          actor: agent,
          transitionId: 'pay',
          approval: { id: 'c:4', revision: 1, viewHash: '0'.repeat(64) },
        },
        {
          type: 'loop.approval.expired',
          transitionId: 'pay',
          approval: { id: 'c:4', revision: 1, viewHash: '0'.repeat(64) },
        },
      ]),
    )
    expect(await metricsOf({ store: store, tenant: 'default' })).toEqual([
      {
        loopId: 'support.refund',
        runs: { completed: 2, active: 1 },
        transitions: { 'ai-agent': 2, automation: 2 },
        aiShare: 0.5,
        humanShare: 0.5,
        blocked: { sure: 1 },
        rejected: { actor_type_not_allowed: 1 },
        approvals: {
          requested: 3,
          approved: 2,
          rejected: 0,
          expired: 1,
          superseded: 0,
          rate: 1,
          medianMs: 1000,
        },
        states: {
          ASKED: { runs: 3, visits: 3, now: 1, medianMs: 3000 },
          PAYING: { runs: 2, visits: 2, now: 0, medianMs: 1000 },
          PAID: { runs: 2, visits: 2, now: 0, medianMs: null },
        },
        exceptions: 1,
      },
    ])
    expect(await metricsOf({ store: store, tenant: 'default', loopId: 'other' })).toEqual([])
    expect(await metricsOf({ store: store, tenant: 'other' })).toEqual([])
  })

  test('tell what people refused and what came to nothing, loop by loop', async () => {
    const store = await storeWith(['a'])
    const about = (id: string) => ({
      transitionId: 'pay',
      approval: { id, revision: 1, viewHash: '0'.repeat(64) },
    })
    await keep(
      store,
      sealRun('b', [
        { type: 'loop.started', loopId: 'a.loop', toState: 'ASKED', status: 'active' },
        { type: 'loop.approval.requested', actor: agent, ...about('b:2') },
        { type: 'loop.approval.rejected', actor: alice, ...about('b:2') },
        { type: 'loop.approval.requested', actor: agent, ...about('b:4') },
        { type: 'loop.approval.superseded', ...about('b:4') },
        { type: 'loop.effect.failed' },
        { type: 'loop.effect.unknown' },
      ]),
    )
    const [first, second] = await metricsOf({ store, tenant: 'default' })

    expect(first).toMatchObject({
      loopId: 'a.loop',
      aiShare: null,
      approvals: { requested: 2, approved: 0, rejected: 1, superseded: 1, rate: 0, medianMs: 1000 },
      exceptions: 2,
    })
    expect(second?.loopId).toBe('support.refund')
  })

  test('tell how far they are', async () => {
    const store = await storeWith(['a', 'b'])
    const seen: unknown[] = []

    await metricsOf({ store, tenant: 'default', onProgress: (done) => seen.push(done) })

    const { length } = await store.entries('default', 'run-a')
    expect(seen).toEqual([1, 2].map((runs) => ({ runs, entries: runs * length })))
  })

  test('do not count the engine’s own record of stops, unless it is asked for', async () => {
    const store = await storeWith(['a'])
    const own = { loopId: '$control', aggregateId: '$control' }
    await keep(
      store,
      sealRun('s', [{ type: 'loop.started', ...own, toState: 'ACTIVE', status: 'active' }]),
    )
    const loopsOf = async (query: object) =>
      (await metricsOf({ store: store, tenant: 'default', ...query })).map(({ loopId }) => loopId)

    expect(await loopsOf({})).toEqual(['support.refund'])
    expect(await loopsOf({ loopId: '$control' })).toEqual(['$control'])
  })

  test.each(['cancelled', 'failed'] as const)(
    'count the stay that ended because the run was %s',
    async (status) => {
      const store = await storeWith([])
      await keep(
        store,
        sealRun('a', [
          { type: 'loop.started', toState: 'ASKED', status: 'active' },
          { type: `loop.${status}`, fromState: 'ASKED', status, reason: 'typo' },
        ]),
      )
      const [metrics] = await metricsOf({ store: store, tenant: 'default' })
      expect(metrics?.states).toEqual({ ASKED: { runs: 1, visits: 1, now: 0, medianMs: 1000 } })
    },
  )

  test('count once what is left of a run whose first entries were dropped', async () => {
    const store = await storeWith([])
    const refused = {
      type: 'loop.transition.rejected',
      actor: agent,
      transitionId: 'pay',
      reason: 'not_active',
    } as const
    const attempts = Array.from({ length: 2700 }, () => refused)
    await keep(store, sealRun('a', [...wholeStory('run-a'), ...attempts]))
    const retained = tampered(store, {
      entries: (tenant, runId, { from = 1, ...range } = {}) =>
        store.entries(tenant, runId, { from: Math.max(from, 1506), ...range }),
    })
    expect(await metricsOf({ store: retained, tenant: 'default' })).toMatchObject([
      { rejected: { not_active: 1200 } },
    ])
  })
})
