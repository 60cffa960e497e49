import type { ApprovalRequest } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { codeOf, optionsFor, ourNotes, withBoard } from './board.fixture.ts'
import { createPagerDutyChannel } from './index.ts'
import { request } from './paged.fixture.ts'

const context = (idempotencyKey: string) => ({
  signal: new AbortController().signal,
  idempotencyKey,
})

describe('a request that', () => {
  test.each([
    ['approved', { executedBy: 'a'.repeat(64) }, 'on record'],
    ['approved', { executedBy: null }, 'nothing runs'],
    ['rejected', {}, 'Rejected'],
    ['expired', {}, 'Expired: it was not decided in time'],
    ['superseded', {}, 'Superseded'],
    ['cancelled', {}, 'Taken back'],
  ] as const)(
    'is %s has its incident resolved, with one note for each notice',
    (status, change, words) =>
      withBoard({}, async ({ fake, channel }) => {
        const ref = (await channel.notify(request, request.view, context('n1'))) ?? {}
        const ended: ApprovalRequest = { ...request, status, ...change }

        for (let times = 0; times < 2; times++)
          await channel.update?.(ref, ended, ended.view, context('n2'))

        const [incident] = fake.incidents
        expect(incident?.status).toBe('resolved')
        expect(incident && ourNotes(incident)).toEqual([expect.stringContaining(words)])
      }),
  )

  test('still waits gets a note, and nobody is called again', () =>
    withBoard({}, async ({ fake, channel }) => {
      const ref = (await channel.notify(request, request.view, context('n1'))) ?? {}
      const reviewer = { type: 'human', id: 'alice' } as const
      const vote = { decision: 'edit', reviewer, stage: 0, revision: 1, at: 1 } as const
      await channel.update?.(ref, { ...request, decisions: [vote] }, request.view, context('n2'))

      const alerts = fake.calls.filter(({ body }) => 'event_action' in body)
      expect(alerts).toMatchObject([{ body: { event_action: 'trigger' } }])
      const [incident] = fake.incidents
      expect(incident && ourNotes(incident)).toEqual([
        expect.stringMatching(/Still waiting.*1 of \d approvals/),
      ])
    }))

  test('is edited gets a new incident, and a note in the old one says that it no longer counts', () =>
    withBoard({}, async ({ fake, channel }) => {
      const ref = (await channel.notify(request, request.view, context('n1'))) ?? {}
      for (const revision of [2, 3]) {
        const edited = { ...request, revision, viewHash: `${revision}`.repeat(64) }
        await channel.update?.(ref, edited, edited.view, context(`n${revision}`))
      }
      const ended: ApprovalRequest = { ...request, revision: 3, status: 'expired' }
      await channel.update?.(ref, ended, ended.view, context('n4'))

      expect(fake.incidents.map(({ status }) => status)).toEqual([
        'resolved',
        'resolved',
        'resolved',
      ])
      expect(new Set(fake.incidents.map(codeOf)).size).toBe(3)
      const [first, second, third] = fake.incidents.map(ourNotes)
      expect(first).toEqual([expect.stringContaining('now revision 2')])
      expect(second).toHaveLength(2)
      expect(third).toEqual([
        expect.stringContaining('Still waiting'),
        expect.stringContaining('Expired'),
      ])
    }))

  test('was edited before its first notice is repeated has one open incident only', () =>
    withBoard({}, async ({ fake, channel }) => {
      // As if the process had died before the engine stored the reference.
      await channel.notify(request, request.view, context('n1'))
      const edited = { ...request, revision: 2, viewHash: '2'.repeat(64) }

      const ref = (await channel.notify(edited, edited.view, context('n1'))) ?? {}

      expect(fake.incidents.map(({ status }) => status)).toEqual(['resolved', 'triggered'])
      await channel.update?.(ref, { ...edited, status: 'expired' }, edited.view, context('n2'))
      expect(fake.incidents.map(({ status }) => status)).toEqual(['resolved', 'resolved'])
      const [first] = fake.incidents.map(ourNotes)
      expect(first).toEqual([expect.stringContaining('now revision 2')])
    }))

  test('ends before PagerDuty has opened its incident is repainted when it has', () =>
    withBoard({}, async ({ fake, clock, channel }) => {
      const ref = (await channel.notify(request, request.view, context('n1'))) ?? {}
      const [incident] = fake.incidents.splice(0)
      const ended: ApprovalRequest = { ...request, status: 'rejected' }

      await expect(channel.update?.(ref, ended, ended.view, context('n2'))).rejects.toMatchObject({
        code: 'unavailable',
        retryable: true,
      })
      if (incident) fake.incidents.push(incident)
      await channel.update?.(ref, ended, ended.view, context('n2'))
      expect(incident && ourNotes(incident)).toHaveLength(1)

      // The alert may have been grouped into an incident of another key, which is not waited for.
      fake.incidents.length = 0
      clock.advance(200_000)
      await channel.update?.(ref, ended, ended.view, context('n3'))
    }))

  test('has an invalid decision page is not sent', () =>
    withBoard({ decisionUrl: () => 'javascript:alert(1)' }, async ({ fake, channel }) => {
      await expect(channel.notify(request, request.view, context('n1'))).rejects.toMatchObject({
        code: 'invalid_config',
        path: '/decisionUrl',
      })
      expect(fake.calls).toEqual([])
    }))
})

test.each([
  ['/secrets', { secrets: [] }],
  ['/secrets', { secrets: ['x'.repeat(32), 'short'] }],
  ['/webhookSecrets', { webhookSecrets: [] }],
  ['/webhookSecrets', { webhookSecrets: [''] }],
  ['/from', { from: 'nobody' }],
  ['/routingKey', { routingKey: 'short' }],
  ['/decisionUrl', { decideBy: 'link-only' }],
  // Options that the types would refuse. Each would let more people decide, or fail at the first incident.
  ['/responder', { responder: { who: 'on-call' } }],
  ['/responders', { responders: 'on-call' }],
  ['/responders/who', { responders: { who: 'oncall' } }],
  ['/responders/users', { responders: { who: 'listed' } }],
  ['/responders/levels', { responders: { who: 'on-call', levels: 1 } }],
  ['/people', { people: 'email' }],
  ['/people/table', { people: { by: 'table' } }],
  ['/decideBy', { decideBy: 'link' }],
  ['/onResolve', { onResolve: 'approve' }],
  ['/transport', { transport: undefined }],
  ['/decide', { decide: undefined }],
  ['/secrets', { secrets: 'x'.repeat(32) }],
  ['/webhookSecrets', { webhookSecrets: undefined }],
  ['/routingKey', { routingKey: undefined }],
] as const)('%s is checked when the channel is made: %j', async (path, change) => {
  await withBoard({}, async ({ fake }) => {
    const make = (): unknown => createPagerDutyChannel(optionsFor(fake, change as object))
    expect(make).toThrow(expect.objectContaining({ code: 'invalid_config', path }))
  })
})
