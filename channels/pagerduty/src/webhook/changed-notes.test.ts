import type { ApprovalRequest } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { codeOf, noteRequest, ourNotes } from '../board.fixture.ts'
import type { FakeIncident } from '../fake-answers.fixture.ts'
import { context, paged, request } from '../paged.fixture.ts'

const hour = 3_600_000

describe('notes that were changed', () => {
  test('a note that was edited later decides nothing, whoever edited it', () =>
    paged(async ({ fake, clock, incident, decisions, handle, code }) => {
      const note = fake.write(incident, 'PALICE', 'looking', 'PN1')
      note.content = `approve ${code}`
      await handle(
        noteRequest(fake, incident, '', {
          id: 'PN1',
          user: 'PALICE',
          agent: { id: 'PBOB', type: 'user_reference' },
        }),
      )
      clock.advance(hour)
      await handle(noteRequest(fake, incident, '', { id: 'PN1' }))

      expect(decisions).toEqual([])
      expect(ourNotes(incident)).toEqual([expect.stringContaining('an edited note does not count')])
    }))

  test('the signed text of a note counts, and not its current text', () =>
    paged(async ({ fake, incident, decisions, handle, code }) => {
      const event = noteRequest(fake, incident, `reject ${code} no`, { id: 'PN1' })
      const [note] = incident.notes
      if (note) note.content = `approve ${code}`

      await handle(event)

      expect(decisions).toMatchObject([{ decision: 'reject' }])
    }))

  test('a note that PagerDuty cut is fetched whole', () =>
    paged(async ({ fake, incident, decisions, handle, code }) => {
      const whole = `reject ${code} ${'because '.repeat(50)}`
      const data = { content: `${whole.slice(0, 20)}...`, trimmed: true }

      await handle(noteRequest(fake, incident, whole, { data }))

      expect(decisions).toMatchObject([
        { decision: 'reject', reason: 'because '.repeat(50).trim() },
      ])
    }))

  test.each([
    ['it is another by now', { content: 'approve 7Q2M', trimmed: true }, 'edited'],
    ['it is gone', { id: 'PGONE', content: 'approve 7Q2M', trimmed: true }, 'edited'],
  ])('a note that was cut decides nothing if %s', (_, data, words) =>
    paged(async ({ fake, incident, decisions, handle, code }) => {
      await handle(noteRequest(fake, incident, `reject ${code} no`, { data }))

      expect(decisions).toEqual([])
      expect(ourNotes(incident)).toEqual([expect.stringContaining(words)])
    }),
  )
})

describe('codes', () => {
  test('of two requests in one incident each decide their own', () =>
    paged(async ({ fake, channel, incident, decisions, handle, code }) => {
      const other: ApprovalRequest = { ...request, id: 'another', viewHash: 'b'.repeat(64) }
      await channel.notify(other, other.view, context)
      const grouped = fake.incidents.pop()
      incident.alerts.push(...(grouped?.alerts ?? []))

      await handle(
        noteRequest(fake, incident, `approve ${grouped ? codeOf(grouped) : ''}`, { id: 'PN1' }),
      )
      await handle(noteRequest(fake, incident, `reject ${code} no`, { id: 'PN2' }))

      expect(decisions).toMatchObject([
        { requestId: 'another', decision: 'approve', viewHash: other.viewHash },
        { requestId: request.id, decision: 'reject', viewHash: request.viewHash },
      ])
    }))

  test('of an alert that merely quotes the reference of another count for nothing', () =>
    paged(async ({ fake, incident, decisions, handle, code }) => {
      const [alert] = incident.alerts
      const thief: FakeIncident = {
        ...incident,
        id: 'PTHIEF',
        notes: [],
        alerts: [{ alert_key: 'other', body: alert?.body }],
      }
      fake.incidents.push(thief)

      await handle(noteRequest(fake, thief, `approve ${code}`))

      expect(decisions).toEqual([])
    }))

  test('that are wrong too often lock the incident, across processes and for deleted notes', () =>
    paged(
      async ({ fake, incident, decisions, handle, code }) => {
        await handle(noteRequest(fake, incident, 'approve 0000-0000', { id: 'deleted' }))
        incident.notes.length = 0
        fake.write(incident, 'PBOB', 'approve 0000-0001', 'seen by another process')

        await handle(noteRequest(fake, incident, `approve ${code}`, { id: 'right' }))

        expect(decisions).toEqual([])
        expect(ourNotes(incident).at(-1)).toContain('too many wrong codes')
      },
      { maxWrongCodes: 2 },
    ))

  test('are found among many alerts', () =>
    paged(async ({ fake, incident, decisions, handle, code }) => {
      const noise = Array.from({ length: 250 }, (_, index) => ({
        alert_key: `n${index}`,
        body: null,
      }))
      incident.alerts.unshift(...noise)

      await handle(noteRequest(fake, incident, `approve ${code}`))

      expect(decisions).toHaveLength(1)
    }))
})
