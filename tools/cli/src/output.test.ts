import { PassThrough } from 'node:stream'

import { expect, test } from 'vitest'

import { createOutput, plain, table } from './output.ts'

test('text from outside cannot move the cursor or hide text', () => {
  expect(plain('red\u001b[31m alert\r\nnext\u202eback')).toBe(
    'red<U+001B>[31m alert<U+000D><U+000A>next<U+202E>back',
  )
})

test('columns are as wide as their widest cell', () => {
  expect(table(['ID', 'X'], [['long id', '1']])).toBe('ID       X\nlong id  1')
})

test('a very long cell shifts its own row only', () => {
  const long = 'x'.repeat(60)
  expect(
    table(
      ['ID', 'X'],
      [
        ['short', '1'],
        [long, '2'],
      ],
    ),
  ).toBe(`ID     X\nshort  1\n${long}  2`)
})

test('columns are aligned whatever characters are in them', () => {
  const cells = ['注文-1', '🧾', 'e\u0301t\u00e9', 'order-1']
  expect(
    table(
      ['ID', 'X'],
      cells.map((cell) => [cell, '1']),
    ).split('\n'),
  ).toEqual(['ID       X', '注文-1   1', '🧾       1', 'e\u0301t\u00e9      1', 'order-1  1'])
})

test.each([
  [true, true],
  [false, false],
])(
  'of a terminal that has colours (%s) the output is coloured (%s); a file never is',
  (hasColors, color) => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true, hasColors: () => hasColors })
    const common = { json: false, color: true, err: new PassThrough() }

    expect(createOutput({ ...common, out: terminal }).color).toBe(color)
    expect(createOutput({ ...common, out: new PassThrough() }).color).toBe(false)
  },
)

test('standard error is not coloured when it goes to a file', () => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true, hasColors: () => true })
  const file = new PassThrough()
  const output = createOutput({ json: false, color: true, out: terminal, err: file })

  output.error(output.paint('red', 'error'))
  output.note(output.paint('yellow', 'warning'))

  expect(String(file.read())).toBe('error\nwarning\n')
})

test('progress is shown at a terminal once a second, and erased before the result', () => {
  let now = 0
  const err = Object.assign(new PassThrough(), { isTTY: true })
  const out = new PassThrough()
  const common = { color: false, out, err, now: () => now }
  const output = createOutput({ ...common, json: false })

  for (; now < 2500; now += 100) output.progress(`${now} lines`)
  output.result({}, 'done')
  output.endProgress()

  const erase = '\r\u001b[K'
  expect(String(err.read())).toBe(`${erase}1000 lines${erase}2000 lines${erase}`)
  expect(String(out.read())).toBe('done\n')
})

test.each([
  [true, true],
  [false, false],
])(
  'progress is shown neither under --json nor in a file (terminal %s, --json %s)',
  (isTTY, json) => {
    let now = 0
    const err = Object.assign(new PassThrough(), { isTTY })
    const output = createOutput({ json, color: false, out: new PassThrough(), err, now: () => now })

    now = 5000
    output.progress('1 line')
    output.endProgress()

    expect(err.read()).toBe(null)
  },
)
