import { sinkEvent } from '@loop-engine/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { subjectOf } from './subject.ts'

const event = sinkEvent(1)

const named = (tenant: string, loop: string): string =>
  subjectOf({
    ...event,
    source: `urn:loop-engine:${encodeURIComponent(tenant)}:${encodeURIComponent(loop)}`,
  })

test('a subject names tenant, loop and type', () => {
  expect(named('acme', 'order')).toBe(
    'loops.acme.order.dev.loop-engine.loop.transition.executed.v1',
  )
  expect(subjectOf(event, 'eu.loops')).toMatch(/^eu\.loops\.acme\./)
})

test('no name reaches beyond its token, and no two names share a subject', () => {
  const name = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 8 }),
    fc.constantFrom('', '.', '*', '>', 'a.b', 'a*', '%2E', '\r\n', 'a b', '$JS', '_INBOX'),
  )
  fc.assert(
    fc.property(name, name, name, name, (tenant, loop, otherTenant, otherLoop) => {
      const subject = named(tenant, loop)
      expect(subject.split('.')).toHaveLength(3 + event.type.split('.').length)
      expect(subject).toMatch(/^[\w%.-]+$/)
      expect(subject).not.toMatch(/\.\./)
      expect(subject === named(otherTenant, otherLoop)).toBe(
        tenant === otherTenant && loop === otherLoop,
      )
    }),
    { seed: 1 },
  )
})
