import type { ApprovalRequest, LoopInstance, LoopStore } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { approvalRequest, nextPlan, outboxItem, planEpoch, startPlan } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'
import { everyPage } from './answers.ts'

/** Tests how requests that wait are found by the names of those who may decide. */
export function testStoreWaiting(open: OpenStore): void {
  describe('what waits for somebody', () => {
    const names = ['role:first', 'ann', 'ben', 'cleo', 'group:second', 'role:late', 'dan', '*']

    /** The names under which the only request is found. */
    async function waitsFor(store: LoopStore): Promise<readonly string[]> {
      const found = await Promise.all(
        names.map(async (name) => store.approvals({ tenant: 'acme', reviewers: [name] })),
      )
      return names.filter((_, place) => found[place]?.items.length === 1)
    }

    test('is found by each reviewer of the waiting stage, until the request is over', async () => {
      const store = await open()
      const start = startPlan()
      const asked = approvalRequest(start.instance, {
        policy: {
          stages: [
            { reviewers: ['role:first', 'ann', 'ann'], quorum: 1 },
            { reviewers: ['group:second'], quorum: 1 },
          ],
          fourEyes: true,
          expiresIn: '1h',
        },
      })
      const at = planEpoch
      const delegations = [
        { from: 'ann', to: 'ben', stage: 0, at },
        { from: 'eve', to: 'cleo', stage: 1, at },
      ]
      const handedOn = { ...asked, delegations, escalated: ['role:late', 'ann'] }
      const steps: readonly [ApprovalRequest, readonly string[]][] = [
        [asked, ['role:first', 'ann']],
        [handedOn, ['role:first', 'ann', 'ben', 'role:late']],
        [{ ...handedOn, stage: 1 }, ['ann', 'cleo', 'group:second', 'role:late']],
        [{ ...handedOn, stage: 2 }, ['ann', 'role:late']],
        [{ ...handedOn, stage: 0, status: 'rejected' }, []],
      ]

      let instance: LoopInstance | undefined
      for (const [request, waiting] of steps) {
        const approvals = [request]
        const plan = instance ? nextPlan(instance, [{}], { approvals }) : { ...start, approvals }
        expect(await store.commit([plan])).toEqual([{ kind: 'committed' }])
        instance = plan.instance
        expect(await waitsFor(store)).toEqual(waiting)
      }
    })

    test('is found once, oldest first, in pages, and together with every other filter', async () => {
      const store = await open()
      const starts = ['a', 'b', 'c', 'd', 'e'].map((aggregateId, place) => {
        const loopId = place < 3 ? 'order' : 'refund'
        const plan = startPlan({ aggregateId, loopId })
        const reviewers = [['*'], ['ann', '*'], ['ben'], ['*'], ['ann']][place] ?? []
        const request = approvalRequest(plan.instance, {
          id: aggregateId,
          createdAt: planEpoch + Math.floor(place / 2),
          policy: { stages: [{ reviewers, quorum: 1 }], fourEyes: true, expiresIn: '1h' },
        })
        return { ...plan, approvals: [request] }
      })
      const other = startPlan({ tenant: 'other' })
      await store.commit([...starts, { ...other, approvals: [approvalRequest(other.instance)] }])
      const found = async (query: object, ...reviewers: string[]): Promise<string> =>
        (await store.approvals({ tenant: 'acme', reviewers, ...query })).items
          .map(({ id }) => id)
          .join('')

      expect(await found({}, 'ann', '*', 'nobody')).toBe('abde')
      expect(await found({}, 'ben')).toBe('c')
      expect(await found({})).toBe('')
      expect(await found({ status: 'pending' }, 'ann')).toBe('be')
      expect(await found({ status: 'approved' }, 'ann')).toBe('')
      expect(await found({ loopId: 'refund' }, 'ann', '*')).toBe('de')
      expect(await found({ aggregateId: 'b' }, 'ann', '*')).toBe('b')
      expect(await found({ runId: 'run-of-a' }, 'ann', '*')).toBe('a')
      for (const limit of [1, 2, 3, 4]) {
        const reviewers = ['*', 'ann']
        const seen = await everyPage((cursor) =>
          store.approvals({ tenant: 'acme', reviewers, limit, cursor }),
        )
        expect(seen.map(({ id }) => id).join('')).toBe('abde')
      }
    })

    test('comes with the messages that channels posted', async () => {
      const store = await open()
      const start = startPlan()
      const { tenant } = start
      const request = approvalRequest(start.instance)
      await store.commit([
        {
          ...start,
          approvals: [request],
          outbox: [outboxItem(start.instance, { kind: 'notify' })],
        },
      ])
      const due = { worker: 'w', now: start.instance.updatedAt, leaseMs: 1, limit: 1 }
      const [lease = { id: '', fence: 0 }] = await store.claim(due)

      const posted = { tenant, requestId: request.id, channel: 'chat', ref: { ts: '1' }, lease }
      expect(await store.keepMessage(posted)).toBe(true)

      const { items } = await store.approvals({ tenant, reviewers: ['*'] })
      expect(items).toEqual([{ ...request, messages: { chat: { ts: '1' } } }])
    })
  })
}
