import { approvalRequest, startPlan } from '@loop-engine/testing'
import { describe, expect, test } from 'vitest'

import { codeOf, incidentRequest, noteRequest, ourNotes, withBoard } from './board.fixture.ts'
import { signature, webhookSecret, webhookUrl } from './fake-pagerduty.fixture.ts'
import type { PagerDutyOptions } from './index.ts'

const request = approvalRequest(startPlan().instance)
const context = { signal: new AbortController().signal, idempotencyKey: 'notice-1' }
const decide: PagerDutyOptions['decide'] = async () => ({ status: 'recorded' })
const next = 'the-secret-that-comes-after'

const post = (body: string, header = signature(body, [webhookSecret])): Request =>
  new Request(webhookUrl, { method: 'POST', body, headers: { 'x-pagerduty-signature': header } })

describe('what is authentic', () => {
  test.each([
    ['no JSON', 'hello'],
    ['no event', '{"event":{}}'],
    [
      'a ping',
      '{"event":{"id":"E","event_type":"pagey.ping","occurred_at":"2026-01-01T00:00:00Z","agent":null,"data":{"message":"Hello"}}}',
    ],
    ['a list', '[]'],
  ])('is taken, even if it is %s', (_, body) =>
    withBoard({ decide }, async ({ handle, fake }) => {
      expect((await handle(post(body))).status).toBe(202)
      expect(fake.calls).toEqual([])
    }),
  )

  test('is taken for an incident that PagerDuty no longer knows', () => {
    const problems: unknown[] = []
    return withBoard(
      { decide, report: (one) => void problems.push(one) },
      async ({ handle, fake }) => {
        const ghost = {
          id: 'PGHOST',
          key: '',
          status: 'resolved' as const,
          summary: '',
          alerts: [],
          notes: [],
          links: [],
        }

        expect((await handle(noteRequest(fake, ghost, 'approve 7Q2M-XK4D'))).status).toBe(202)
        expect((await handle(incidentRequest(fake, 'PGHOST', 'resolved'))).status).toBe(202)
        expect(problems).toMatchObject([{ code: 'not_found' }, { code: 'not_found' }])
      },
    )
  })
})

describe('what is not', () => {
  test('is refused without a word or a call', () =>
    withBoard({ decide }, async ({ handle, fake }) => {
      const body = '{"event":{}}'
      for (const header of [
        '',
        'v1=',
        'v1=zz',
        signature(body, ['another secret']),
        signature(`${body} `, [webhookSecret]),
      ]) {
        const response = await handle(post(body, header))
        expect([response.status, await response.text()]).toEqual([401, ''])
      }
      expect((await handle(post('x'.repeat(1_000_001)))).status).toBe(413)
      expect(fake.calls).toEqual([])
    }))

  test('only POST is answered', () =>
    withBoard({ decide }, async ({ handle }) => {
      for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
        const response = await handle(new Request(webhookUrl, { method }))
        expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
      }
    }))
})

test('a secret is changed without a gap: both are signed with and accepted while it lasts', () =>
  withBoard(
    { decide, webhookSecrets: [next, webhookSecret] },
    async ({ handle, fake, channel }) => {
      await channel.notify(request, request.view, context)
      const [incident] = fake.incidents
      if (!incident) throw new Error('no incident was opened')
      const statuses: number[] = []
      for (const secrets of [
        [webhookSecret],
        ['of another', next],
        [next, webhookSecret],
        ['of another'],
      ]) {
        const id = `PN${statuses.length}`
        const response = await handle(
          noteRequest(fake, incident, `approve ${codeOf(incident)}`, { id, secrets }),
        )
        statuses.push(response.status)
      }

      expect(statuses).toEqual([202, 202, 202, 401])
      expect(ourNotes(incident)).toHaveLength(3)
    },
  ))

test('an answer is given before PagerDuty gives up, and the delivery that follows finds the decision', async () => {
  const waiting = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  let decided = 0
  await withBoard(
    {
      answerWithinMs: 4500,
      async decide() {
        begun.resolve()
        await waiting.promise
        decided++
        return { status: 'recorded' }
      },
    },
    async ({ handle, fake, clock, channel }) => {
      await channel.notify(request, request.view, context)
      const [incident] = fake.incidents
      if (!incident) throw new Error('no incident was opened')
      const again = (): Promise<Response> =>
        handle(noteRequest(fake, incident, `approve ${codeOf(incident)}`, { id: 'PN1' }))

      const slow = again()
      await begun.promise
      clock.advance(4500)
      expect((await slow).status).toBe(503)
      waiting.resolve()
      expect((await again()).status).toBe(202)

      expect(decided).toBeGreaterThan(0)
      expect(ourNotes(incident)).toHaveLength(1)
    },
  )
})
