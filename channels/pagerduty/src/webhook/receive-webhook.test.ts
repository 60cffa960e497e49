import { describe, expect, test } from 'vitest'

import {
  foreignIncident,
  incidentRequest,
  noteRequest,
  ourNotes,
  withBoard,
} from '../board.fixture.ts'
import { signature, webhookSecret, webhookUrl } from '../fake-pagerduty.fixture.ts'
import { paged } from '../paged.fixture.ts'

const next = 'the-secret-that-comes-after'

const post = (body: string, header = signature(body, [webhookSecret])): Request =>
  new Request(webhookUrl, { method: 'POST', body, headers: { 'x-pagerduty-signature': header } })

describe('an authentic delivery', () => {
  test.each([
    ['no JSON', 'hello'],
    ['no event', '{"event":{}}'],
    [
      'a ping',
      '{"event":{"id":"E","event_type":"pagey.ping","occurred_at":"2026-01-01T00:00:00Z","agent":null,"data":{"message":"Hello"}}}',
    ],
    ['a list', '[]'],
  ])('is taken, even if it is %s', (_, body) =>
    withBoard({}, async ({ handle, fake }) => {
      expect((await handle(post(body))).status).toBe(202)
      expect(fake.calls).toEqual([])
    }),
  )

  test('for an incident that PagerDuty no longer has is accepted', () => {
    const problems: unknown[] = []
    return withBoard({ onError: (one) => void problems.push(one) }, async ({ handle, fake }) => {
      const ghost = foreignIncident('PGHOST', { status: 'resolved' })

      expect((await handle(noteRequest(fake, ghost, 'approve 7Q2M-XK4D'))).status).toBe(202)
      expect((await handle(incidentRequest(fake, 'PGHOST', 'resolved'))).status).toBe(202)
      expect(problems).toMatchObject([{ code: 'not_found' }, { code: 'not_found' }])
    })
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('It is away.')
      },
    ],
    ['rejects', (async () => Promise.reject(new Error('It is away.'))) as () => never],
  ])('is taken, even if whoever hears of problems %s', (_, report) =>
    withBoard({ onError: report }, async ({ handle, fake }) => {
      const ghost = foreignIncident('PGHOST', { status: 'resolved' })

      expect((await handle(noteRequest(fake, ghost, 'approve 7Q2M-XK4D'))).status).toBe(202)
    }),
  )
})

describe('any other request', () => {
  test('is refused without a reason and without a call', () =>
    withBoard({}, async ({ handle, fake }) => {
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
    withBoard({}, async ({ handle }) => {
      for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
        const response = await handle(new Request(webhookUrl, { method }))
        expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
      }
    }))
})

test('a webhook secret is rotated without a gap', () =>
  paged(
    async ({ handle, fake, incident, code }) => {
      const statuses: number[] = []
      for (const secrets of [
        [webhookSecret],
        ['of another', next],
        [next, webhookSecret],
        ['of another'],
      ]) {
        const id = `PN${statuses.length}`
        const response = await handle(
          noteRequest(fake, incident, `approve ${code}`, { id, secrets }),
        )
        statuses.push(response.status)
      }

      expect(statuses).toEqual([202, 202, 202, 401])
      expect(ourNotes(incident)).toHaveLength(3)
    },
    { webhookSecrets: [next, webhookSecret] },
  ))

test('the answer comes before PagerDuty gives up, and the repeated delivery finds the decision', async () => {
  const waiting = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  let decided = 0
  await paged(
    async ({ handle, fake, clock, incident, code }) => {
      const again = (): Promise<Response> =>
        handle(noteRequest(fake, incident, `approve ${code}`, { id: 'PN1' }))

      const slow = again()
      await begun.promise
      clock.advance(4500)
      expect((await slow).status).toBe(503)
      waiting.resolve()
      expect((await again()).status).toBe(202)

      expect(decided).toBeGreaterThan(0)
      expect(ourNotes(incident)).toHaveLength(1)
    },
    {
      answerWithinMs: 4500,
      async decide() {
        begun.resolve()
        await waiting.promise
        decided++
        return { status: 'recorded' }
      },
    },
  )
})
