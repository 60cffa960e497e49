import { sinkEvent } from '@loop-engine/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { recordOf } from './record.ts'

const event = sinkEvent(1)

test('every attribute is read back unchanged, whatever its text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const { headers, key } = recordOf({ ...event, subject: text, partitionkey: text }, 'events')
      const read = new Map([...headers].map(([name, value]) => [name.toString(), value.toString()]))

      expect(read.get('ce_subject')).toBe(text)
      expect(key.toString()).toBe(text)
    }),
    { seed: 1 },
  )
})

test('an event without a trace has no trace headers', () => {
  const { traceparent: _, ...plain } = event
  const names = [...recordOf(plain, 'events').headers.keys()].map(String)

  expect(names.filter((name) => name.includes('trace'))).toEqual([])
})
