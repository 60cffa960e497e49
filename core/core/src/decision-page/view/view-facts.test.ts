import { expect, test } from 'vitest'

import { waitingRequest } from '../waiting-request.fixture.ts'
import { contextOf, evidenceOf } from './view-facts.ts'
import { renderViewHtml } from './view-html.ts'
import { renderViewText } from './view-text.ts'

test('two fields that differ in a space at the end do not look the same, nor does a space look like nothing', () => {
  const field = { path: '/', fromModel: false }
  const { view } = waitingRequest(
    {},
    {
      fields: [
        { ...field, label: 'amount', value: 5 },
        { ...field, label: 'amount ', value: ' \t' },
        { ...field, label: 'note', value: '' },
        { ...field, label: 'lines', value: 'one\n  two\n' },
      ],
    },
  )

  expect(evidenceOf(view).map(({ label, text }) => [label, text])).toEqual([
    ['amount', '5'],
    ['amount<U+0020>', '<U+0020><U+0009>'],
    ['note', '<empty>'],
    ['lines', 'one\n  two<U+000A>'],
  ])
})

test('a warning stands above what it warns of, and what the transition means is told', () => {
  const { view } = waitingRequest()
  const { transition } = view
  const request = waitingRequest({}, { transition: { ...transition, description: 'Pays.' } })

  const lines = renderViewText(request, request.view).split('\n')

  expect(lines.slice(0, 2)).toEqual(['pay on order-1', 'Warning: amount is unusual'])
  expect(lines).toContain('Meaning: Pays.')
})

test('a time that is none keeps nobody from seeing the rest', () => {
  const request = waitingRequest({}, { expiresAt: 9e15 })

  expect(renderViewText(request, request.view)).toContain('Expires: 9000000000000000')
})

test('what it costs to be wrong, and who asks, stand before the names of things', () => {
  const request = waitingRequest()

  const labels = contextOf(request, request.view).map(({ label }) => label)

  expect(labels.slice(0, 4)).toEqual(['What', 'Risk', 'Asked by', 'On behalf of'])
})

test('a time that was changed by hand is shown as it is, wherever a view is read', async () => {
  const request = waitingRequest({}, { expiresAt: 1e300 })

  const html = (await renderViewHtml(request, request.view)).toString()
  expect(html).toMatch(/<dt>Expires<\/dt>\s*<dd>[^]*1e\+300/)
  expect(renderViewText(request, request.view)).toContain('Expires: 1e+300')
})
