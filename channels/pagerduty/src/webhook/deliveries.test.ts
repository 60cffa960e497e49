import { LoopError } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { noteRequest, ourNotes } from '../board.fixture.ts'
import { paged } from '../paged.fixture.ts'

const hour = 3_600_000

describe('deliveries', () => {
  test('that are repeated are answered once', () =>
    paged(async ({ fake, incident, handle, code }) => {
      for (let times = 0; times < 3; times++)
        await handle(noteRequest(fake, incident, `approve ${code}`, { id: 'PN1' }))

      expect(ourNotes(incident)).toHaveLength(1)
    }))

  test.each([
    ['older than three days', -73 * hour],
    ['from the future', hour],
    ['without a time', NaN],
  ])('%s decide nothing', (_, ms) =>
    paged(async ({ fake, clock, incident, decisions, handle, code }) => {
      const occurred_at = Number.isNaN(ms) ? 'lately' : new Date(clock.now() + ms).toISOString()

      await handle(noteRequest(fake, incident, `approve ${code}`, { event: { occurred_at } }))

      expect(decisions).toEqual([])
      expect(ourNotes(incident)).toEqual([expect.stringContaining('too late')])
    }),
  )

  test('are requested again during an outage, and then decide once', async () => {
    const faults = [
      new LoopError('unavailable', 'The store is away.', { retryable: true }),
      new Error('ECONNRESET'),
    ]
    const decided: string[] = []
    await paged(
      async ({ fake, incident, handle, code }) => {
        const again = (): Promise<Response> =>
          handle(noteRequest(fake, incident, `approve ${code}`, { id: 'PN1' }))
        fake.isDown = true
        expect((await again()).status).toBe(503)
        fake.isDown = false
        expect((await again()).status).toBe(503)
        expect((await again()).status).toBe(503)
        // The decision was taken, but its answer is lost.
        fake.faults.push({
          match: /notes$/,
          answers: [
            { status: 200, body: { notes: [] } },
            { status: 200, body: { notes: [] } },
            { status: 502, body: '<html>' },
          ],
        })
        expect((await again()).status).toBe(503)
        expect((await again()).status).toBe(202)

        expect(decided).toEqual(['note:PN1', 'note:PN1'])
        expect(ourNotes(incident)).toEqual([expect.stringContaining('recorded')])
      },
      {
        async decide({ idempotencyKey = '' }) {
          const fault = faults.shift()
          if (fault) throw fault
          decided.push(idempotencyKey)
          return { status: 'recorded' }
        },
      },
    )
  })

  test.each([
    ['key_mismatch', 'judged before'],
    ['not_found', 'not known here'],
    ['invalid_input', 'could not be understood'],
  ] as const)('that the core refuses with %s are answered', (code, words) =>
    paged(
      async ({ fake, incident, handle, code: typed }) => {
        const response = await handle(noteRequest(fake, incident, `approve ${typed}`))

        expect(response.status).toBe(202)
        expect(ourNotes(incident)).toEqual([expect.stringContaining(words)])
      },
      {
        async decide() {
          throw new LoopError(code, 'No.')
        },
      },
    ),
  )
})
