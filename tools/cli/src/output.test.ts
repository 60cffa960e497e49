import { PassThrough } from 'node:stream'

import { expect, test } from 'vitest'

import { createOutput, plain, table } from './output.ts'

test('what comes from outside cannot move the cursor or hide text', () => {
  expect(plain('red\u001b[31m alert\r\nnext\u202eback')).toBe(
    'red alert<U+000D><U+000A>next<U+202E>back',
  )
})

test('columns are as wide as their widest cell', () => {
  expect(table(['ID', 'X'], [['long id', '1']])).toBe('ID       X\nlong id  1')
})

test.each([
  [true, true],
  [false, false],
])('a terminal that has colours (%s) is painted (%s), and no other', (hasColors, color) => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true, hasColors: () => hasColors })
  const common = { json: false, color: true, err: new PassThrough() }

  expect(createOutput({ ...common, out: terminal }).color).toBe(color)
  expect(createOutput({ ...common, out: new PassThrough() }).color).toBe(false)
})

test('what goes to a file instead of the terminal is not painted', () => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true, hasColors: () => true })
  const file = new PassThrough()
  const output = createOutput({ json: false, color: true, out: terminal, err: file })

  output.error(output.paint('red', 'error'))
  output.note(output.paint('yellow', 'warning'))

  expect(String(file.read())).toBe('error\nwarning\n')
})
