import type { ApprovalRequest, LoopInstance, LoopStore, OutboxClaim } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { approvalRequest, nextPlan, outboxItem, startPlan } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'
import { claim, leaseMs, now } from './claiming.ts'

interface Asked {
  readonly store: LoopStore
  readonly instance: LoopInstance
  readonly request: ApprovalRequest
  /** The claimed notices of two channels. */
  readonly claims: readonly [OutboxClaim, OutboxClaim]
}

/** Commits a request, and claims its two notices. */
async function ask(open: OpenStore): Promise<Asked> {
  const store = await open()
  const start = startPlan()
  const request = approvalRequest(start.instance, { messages: { callback: { url: 'https://x' } } })
  const outbox = ['chat', 'mail'].map((name) =>
    outboxItem(start.instance, { id: `notice-${name}`, lane: name, kind: 'notify', name }),
  )
  expect(await store.commit([{ ...start, approvals: [request], outbox }])).toEqual([
    { kind: 'committed' },
  ])
  const [chat, mail] = await claim(store)
  if (!chat || !mail) throw new Error('Nothing could be claimed.')
  return { store, instance: start.instance, request, claims: [chat, mail] }
}

/** Tests what a store keeps about the messages that channels posted. */
export function testStoreMessages(open: OpenStore): void {
  describe('messages of a request', () => {
    const { tenant } = startPlan().instance

    test('are kept for each channel, the newest of each', async () => {
      const { store, request, claims } = await ask(open)
      const [chat, mail] = claims
      const requestId = request.id
      const keep = (lease: OutboxClaim, ref: object): Promise<boolean> =>
        store.keepMessage({ tenant, requestId, channel: lease.name, ref: { ...ref }, lease })

      expect(await keep(chat, { ts: '1' })).toBe(true)
      expect(await Promise.all([keep(chat, { ts: '2 \u0000 😀' }), keep(mail, { id: 7 })])).toEqual(
        [true, true],
      )

      const messages = {
        callback: { url: 'https://x' },
        chat: { ts: '2 \u0000 😀' },
        mail: { id: 7 },
      }
      expect(await store.approval(tenant, requestId)).toEqual({ ...request, messages })
      const { items } = await store.approvals({ tenant })
      expect(items).toEqual([{ ...request, messages }])
    })

    test('survive a commit that was made from an older read of the request', async () => {
      const { store, instance, request, claims } = await ask(open)
      const [lease] = claims
      const decided: ApprovalRequest = { ...request, status: 'approved', decidedAt: now }
      const plan = nextPlan(instance, [{}], { approvals: [decided] })

      const posted = { tenant, requestId: request.id, channel: 'chat', ref: { ts: '1' }, lease }
      expect(await store.keepMessage(posted)).toBe(true)
      expect(await store.commit([plan])).toEqual([{ kind: 'committed' }])

      expect(await store.approval(tenant, request.id)).toEqual({
        ...decided,
        messages: { ...request.messages, chat: { ts: '1' } },
      })
    })

    test('are not kept for a worker whose lease is lost or belongs to another tenant', async () => {
      const { store, request, claims } = await ask(open)
      const [lease, { id, fence }] = claims
      const posted = { tenant, requestId: request.id, channel: 'chat', ref: { ts: '1' }, lease }
      await store.claim({ worker: 'w2', now: now + leaseMs, leaseMs, limit: 2 })

      expect(await store.keepMessage(posted)).toBe(false)
      expect(await store.keepMessage({ ...posted, tenant: 'other' })).toBe(false)
      await store.settle([{ id, fence: fence + 2, outcome: { kind: 'done' } }])
      expect(await store.keepMessage({ ...posted, lease: { id, fence: fence + 2 } })).toBe(false)

      expect(await store.approval(tenant, request.id)).toEqual(request)
    })
  })
}
