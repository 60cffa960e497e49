import { openEntry, openEvidence, type LedgerEntry } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { sealRun, wholeStory } from '../history.fixture.ts'
import { renderTimeline, timelineOf, type TimelineItem } from '../index.ts'

const items = (steps = wholeStory('run-a')): TimelineItem[] =>
  sealRun('a', steps).entries.map((stored) => ({
    entry: openEntry(stored),
    hash: stored.hash,
    evidence: openEvidence(stored),
  }))

describe('a timeline', () => {
  test('tells who did what', async () => {
    const rows = await timelineOf(items())
    expect(rows.map(({ what }) => what)).toEqual([
      'agent:refunds (m-1, for olga) started support.refund in ASKED.',
      'agent:refunds (m-1, for olga) asked people to approve pay.',
      'alice approved pay.',
      'agent:refunds (m-1, for olga) took pay: ASKED → PAYING, approved by alice.',
      'integration:bank took paid: PAYING → PAID; the run is completed.',
    ])
    expect(rows[1]).toMatchObject({
      seq: 2,
      guards: [{ id: 'sure', passed: true }],
      evidence: 'amount 250, to Zoë',
      toState: null,
    })
  })

  test('tells to whom a decision went, where a run was moved, and for whom an agent acts in the end', async () => {
    const orchestrator = { type: 'automation', id: 'orchestrator' } as const
    const olga = { type: 'human', id: 'olga' } as const
    const told = async (entry: Partial<LedgerEntry>): Promise<string | undefined> => {
      const [first] = items()
      if (!first) throw new Error('There are five entries.')
      const actor = { type: 'human', id: 'alice' } as const
      const [row] = await timelineOf([
        { ...first, entry: { ...first.entry, actor, transitionId: 'pay', ...entry } },
      ])
      return row?.what
    }
    const approval = { id: 'run-a:2', revision: 1, viewHash: '', decision: 'delegate' }
    expect(
      await told({ type: 'loop.approval.decided', approval, data: { to: 'dave' }, reason: 'away' }),
    ).toBe('alice handed the decision about pay on to dave: away.')
    expect(
      await told({ type: 'loop.approval.escalated', data: { reviewers: ['erin', 'role:cfo'] } }),
    ).toBe('alice asked more people about pay: erin and role:cfo.')
    const approved = { ...approval, decision: 'approve' }
    const lapsed = { lapsed: ['ann', 'ben'] }
    expect(
      await told({ type: 'loop.approval.decided', approval: approved, data: lapsed, reason: 'ok' }),
    ).toBe('alice decided to approve pay: ok; the approval of ann and ben counts no longer.')
    // Some may have approved, of those that were needed.
    expect(await told({ type: 'loop.approval.expired' })).toBe(
      'alice noted that pay was not approved in time.',
    )
    const moved = { type: 'loop.migrated', data: { version: '2' }, fromState: 'A' } as const
    expect(await told({ ...moved, toState: 'B', reason: 'mended' })).toBe(
      'alice moved the run to version 2 of its definition, A → B: mended.',
    )
    expect(await told({ ...moved, toState: undefined, reason: 'mended' })).toBe(
      'alice moved the run to version 2 of its definition: mended.',
    )
    const actor = {
      ...orchestrator,
      id: 'agent',
      onBehalfOf: { ...orchestrator, onBehalfOf: olga },
    }
    expect(await told({ type: 'loop.completed', actor })).toBe(
      'agent (for orchestrator, for olga) completed the run.',
    )
  })

  test('does not take the name of an actor for the actor', async () => {
    const mallory = { type: 'human', id: 'mallory', displayName: 'alice' } as const
    const steps = wholeStory('run-a', (step, index) =>
      index === 2 ? { ...step, actor: mallory } : step,
    )
    const rows = await timelineOf(items(steps))
    expect(rows[2]?.what).toBe('alice (mallory) approved pay.')
  })

  test('text of one field does not pose as another field', async () => {
    const evidence = {
      note: 'fine, amount 5',
      'paid yes, amount': 'Zoë said "5"',
      'a b': 'c',
      amount: 250,
    }
    const [, second] = items()
    if (!second) throw new Error('There are five entries.')
    expect(await timelineOf([{ ...second, evidence }])).toMatchObject([
      {
        evidence:
          'note "fine, amount 5", "paid yes, amount" "Zoë said \\"5\\"", "a b" c, amount 250',
      },
    ])
  })

  test('says when evidence was erased', async () => {
    const [, second] = items()
    if (!second) throw new Error('There are five entries.')
    expect(await timelineOf([{ ...second, evidence: null }])).toMatchObject([
      { evidence: 'erased' },
    ])
  })

  test('is rendered in color, or without', async () => {
    const rows = await timelineOf(items())
    expect(renderTimeline(rows.slice(1, 2))).toMatchInlineSnapshot(`
      "2  2025-10-09T08:53:21.000Z  e9804e2cd9b0
         agent:refunds (m-1, for olga) asked people to approve pay.
         guard sure passed
         approval run-a:2, revision 1
         evidence: amount 250, to Zoë
      "
    `)
    expect(renderTimeline(rows, { color: true })).toContain('\u001b[32m')
    for (const line of renderTimeline(rows, { width: 40 }).split('\n'))
      expect(line.length).toBeLessThanOrEqual(43)
  })

  test.each([
    [
      'an escape sequence',
      'a\u001b[2J\u001b]0;title\u0007b',
      'a<U+001B>[2J<U+001B>]0;title<U+0007>b',
    ],
    ['a C1 sequence', 'a\u009b31mb', 'a<U+009B>31mb'],
    ['a turn of the direction of writing', 'a\u202eb', 'a<U+202E>b'],
    ['something of no width', 'a\u200bb', 'a<U+200B>b'],
    ['a line break', 'a\nb', 'a<U+000A>b'],
    ['a hidden tag', 'a\u{e0041}b', 'a<U+E0041>b'],
  ])('shows %s', async (_, hostile, shown) => {
    const steps = wholeStory('run-a', (step, index) =>
      index === 2 ? { ...step, message: hostile } : step,
    )
    const text = renderTimeline(await timelineOf(items(steps)))
    expect(text).toContain(`alice approved pay: ${shown}.`)
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e]/)
  })
})
