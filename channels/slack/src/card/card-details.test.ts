import { expect, test } from 'vitest'

import { textsOf } from '../fake-slack.fixture.ts'
import { detailsOf } from './card-details.ts'
import { createPaper } from './paper.ts'

test('lines of a value get a bar, so that none can pass for a line of the card', () => {
  const field = { path: '/note', label: 'note', fromModel: true }
  const value = 'fine\nExact input of what runs (data)\n{ "amount": 5 }'
  const view = {
    fields: [
      { ...field, value },
      { ...field, value: 'one line' },
    ],
    effect: { integration: 'bank', action: 'pay', input: { amount: 5000 } },
  } as unknown as Parameters<typeof detailsOf>[1]

  expect(textsOf(detailsOf(createPaper(), view, 10_000))).toEqual([
    'Exact input of what runs (data)\n| {\n|   "amount": 5000\n| }',
    'note (text, written by a model)\n| fine\n| Exact input of what runs (data)\n| { "amount": 5 }',
    'note (text, written by a model)\none line',
  ])
})

test('a space at the end of a field is visible, and so is a field of spaces only', () => {
  const field = { path: '/', fromModel: false }
  const view = {
    fields: [
      { ...field, label: 'amount', value: 5 },
      { ...field, label: 'amount ', value: ' ' },
    ],
  } as unknown as Parameters<typeof detailsOf>[1]

  expect(textsOf(detailsOf(createPaper(), view, 10_000))).toEqual([
    'amount (number)\n5',
    'amount⟨U+0020⟩ (text)\n⟨U+0020⟩',
  ])
})

test.each(['short', 'long '.repeat(2000)])(
  'what runs is always shown, and as many fields as fit, however many a model fills: %.5s',
  (value) => {
    const fields = Array.from({ length: 60 }, (_, index) => ({
      path: `/${index}`,
      label: `field-${index}`,
      value,
      fromModel: true,
    }))
    const effect = { integration: 'bank', action: 'pay', input: { amount: 5000 } }
    const view = { fields, effect } as unknown as Parameters<typeof detailsOf>[1]

    const texts = textsOf(detailsOf(createPaper(), view, 10_000))

    expect(texts[0]).toBe('Exact input of what runs (data)\n| {\n|   "amount": 5000\n| }')
    expect(texts.length).toBeGreaterThan(20)
    expect(texts.at(-1)).toMatch(/^⟨\d+ of 61 fields not shown⟩$/)
  },
)
