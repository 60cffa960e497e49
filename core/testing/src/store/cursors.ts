import type { LoopStore, Page } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { approvalRequest, outboxItem, planEpoch, startPlan } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'
import { codeOf } from './answers.ts'

/** Tests the length of a page, and the cursor of the next one. */
export function testCursors(open: OpenStore): void {
  test('a page holds a hundred items by default', async () => {
    const store = await open()
    const starts = Array.from({ length: 101 }, (_, index) =>
      startPlan({ aggregateId: `a-${index}` }),
    )
    await store.commit(
      starts.map((start) => ({
        ...start,
        approvals: [approvalRequest(start.instance)],
        outbox: [outboxItem(start.instance, { id: start.instance.runId })],
      })),
    )
    const claims = await store.claim({ worker: 'w', now: planEpoch, leaseMs: 1, limit: 101 })
    const outcome = { kind: 'dead', at: planEpoch, error: 'poison' } as const
    await store.settle(claims.map(({ id, fence }) => ({ id, fence, outcome })))

    for (const list of lists(store)) {
      const { items, cursor } = await list({})
      expect([items.length, cursor]).toEqual([100, expect.any(String)])
    }
  })

  test.each([0, -1, 1.5, NaN, 1001])('a limit of %s is invalid', async (limit) => {
    const store = await open()
    for (const list of lists(store)) expect(await codeOf(list({ limit }))).toBe('invalid_input')
  })

  test('a cursor that no page returned is refused', async () => {
    const store = await open()
    const start = startPlan()
    await store.commit([start, startPlan({ aggregateId: 'b' })])
    const { cursor = '' } = await store.find({ tenant: 'acme', limit: 1 })

    for (const forged of forgeries(cursor)) {
      for (const list of lists(store))
        expect(await codeOf(list({ cursor: forged }))).toBe('invalid_input')
    }
    const [, approvals, deadLetters] = lists(store)
    expect(await codeOf(approvals?.({ cursor }))).toBe('invalid_input')
    expect(await codeOf(deadLetters?.({ cursor }))).toBe('invalid_input')
  })

  test('a cursor of one tenant shows nothing of it to another', async () => {
    const store = await open()
    await store.commit([startPlan({ aggregateId: 'a' }), startPlan({ aggregateId: 'b' })])
    const { cursor } = await store.find({ tenant: 'acme', limit: 1 })

    expect((await store.find({ tenant: 'other', cursor })).items).toEqual([])
  })
}

type List = (query: { limit?: number; cursor?: string }) => Promise<Page<unknown>>

function lists(store: LoopStore): readonly List[] {
  return [
    (query) => store.find({ tenant: 'acme', ...query }),
    (query) => store.approvals({ tenant: 'acme', ...query }),
    (query) => store.deadLetters({ tenant: 'acme', ...query }),
  ]
}

/** Wrong cursors: every prefix of a real one, the real one with a letter changed, and other texts. */
function forgeries(cursor: string): readonly string[] {
  const encode = (value: unknown): string =>
    Buffer.from(JSON.stringify(value) ?? '').toString('base64url')
  const prefixes = Array.from(cursor, (_, index) => cursor.slice(0, index))
  const damaged = [`${cursor}=`, `${cursor} `, `${cursor}A`, ` ${cursor}`, `${cursor}${cursor}`]
  const shapes = [
    null,
    0,
    '',
    [],
    {},
    [[]],
    ['run'],
    ['run', 1],
    ['run', '1', 'x'],
    ['run', 1, 2],
    ['run', null, null],
    ['x', 1, 'y'],
  ]
  const texts = ['\u0000', '\uD800', '%', `' OR 1=1 --`, '__proto__', '9'.repeat(5000)]
  return [...prefixes, ...damaged, ...shapes.map(encode), ...texts]
}
