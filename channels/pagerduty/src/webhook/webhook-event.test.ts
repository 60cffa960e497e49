import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { signature } from '../fake-pagerduty.fixture.ts'
import { readWebhookEvent } from './webhook-event.ts'
import { isSigned } from './webhook-signature.ts'

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const note = {
  event: {
    id: '01E',
    event_type: 'incident.annotated',
    resource_type: 'incident',
    occurred_at: '2026-11-21T10:00:00.000Z',
    agent: {
      id: 'PALICE',
      type: 'user_reference',
      html_url: 'https://acme.pagerduty.com/users/PALICE',
    },
    client: null,
    data: {
      id: 'PNOTE',
      type: 'incident_note',
      content: 'hello',
      trimmed: false,
      incident: { id: 'PINC' },
    },
  },
}

describe('a webhook', () => {
  test('is read for who, what and when', () => {
    expect(readWebhookEvent(encode(note))).toEqual({
      kind: 'note',
      id: '01E',
      at: Date.UTC(2026, 10, 21, 10),
      incidentId: 'PINC',
      agent: { id: 'PALICE', isPerson: true, account: 'https://acme.pagerduty.com' },
      note: { id: 'PNOTE', content: 'hello', isTrimmed: false },
    })
  })

  test("without an agent, or with an integration as one, is nobody's", () => {
    const by = (agent: unknown): unknown => ({ event: { ...note.event, agent } })

    expect(readWebhookEvent(encode(by(null)))).not.toHaveProperty('agent')
    expect(
      readWebhookEvent(encode(by({ id: 'PSVC', type: 'service_reference', html_url: null }))),
    ).toMatchObject({ agent: { isPerson: false } })
  })

  test.each([
    'incident.escalated',
    'incident.reopened',
    'service.created',
    'pagey.ping',
    'of.tomorrow',
  ])('%s is nothing to us, whatever it carries', (event_type) => {
    const event = { ...note.event, event_type, data: { anything: 1 } }
    expect(readWebhookEvent(encode({ event }))).toEqual({ kind: 'other' })
  })

  test('of any shape is read or refused, never thrown', () => {
    const mutated = fc
      .tuple(
        fc.constantFrom('incident.annotated', 'incident.resolved', 'incident.acknowledged'),
        fc.oneof(
          fc.jsonValue(),
          fc.record({ id: fc.jsonValue(), content: fc.jsonValue(), incident: fc.jsonValue() }),
        ),
        fc.oneof(fc.jsonValue(), fc.constant(note.event.agent)),
        fc.oneof(fc.jsonValue(), fc.constant('2026-11-21T10:00:00Z')),
      )
      .map(([event_type, data, agent, occurred_at]) =>
        encode({ event: { id: 'E', event_type, data, agent, occurred_at } }),
      )
    fc.assert(
      fc.property(
        fc.oneof(
          mutated,
          fc.uint8Array(),
          fc.json().map((text) => new TextEncoder().encode(text)),
        ),
        (bytes) => {
          const event = readWebhookEvent(bytes)
          const isRead = event !== null && event.kind !== 'other'
          const { incidentId, at } = isRead ? event : { incidentId: 'none', at: 0 }
          expect(incidentId).toMatch(/^.{1,128}$/s)
          expect(typeof at).toBe('number')
        },
      ),
      { seed: 1 },
    )
  })

  test('that is not UTF-8 is refused, because its signature is over other bytes than its text', () => {
    expect(readWebhookEvent(Uint8Array.of(0x7b, 0xff, 0x7d))).toBeNull()
  })
})

describe('a signature', () => {
  const bytes = encode(note)
  const body = new TextDecoder().decode(bytes)

  test('is one of several, in any place, made with one of several secrets', () => {
    const header = signature(body, ['gone', 'right'])

    expect(isSigned(header, bytes, ['other', 'right'])).toBe(true)
    expect(isSigned(header.replace(',', ' , '), bytes, ['right'])).toBe(true)
    expect(isSigned(header, bytes, ['other'])).toBe(false)
    expect(isSigned(header, bytes, [])).toBe(false)
  })

  test('of one byte more, less or other is none', () => {
    const header = signature(body, ['right'])
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (index, change) => {
        const other = bytes.with(index, (bytes[index] ?? 0) ^ change)
        expect(isSigned(header, other, ['right'])).toBe(false)
      }),
      { seed: 1 },
    )
    expect(isSigned(header, bytes.subarray(1), ['right'])).toBe(false)
  })

  test('of any other text is none', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^v1=[0-9a-f]{64}$/)), (header) => {
        expect(isSigned(header, bytes, ['right'])).toBe(false)
      }),
      { seed: 1 },
    )
    const buried = `${'v1=00,'.repeat(1000)}${signature(body, ['right'])}`
    expect(isSigned(buried, bytes, ['right'])).toBe(false)
  })
})
