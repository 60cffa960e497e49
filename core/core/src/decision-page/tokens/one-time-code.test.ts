import { expect, test } from 'vitest'

import { createOneTimeCodes } from '../index.ts'

const secret = 'a secret of more than thirty-two bytes'
const codes = createOneTimeCodes({ secrets: [secret], purpose: 'page' })
const content = { request: 'r', decision: 'approve' }

test('a code fits what it was made for, however it is typed', () => {
  const code = codes.codeFor(content)

  expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/)
  const sloppy = ` ${code.toLowerCase().replace('-', ' ')} `
    .replaceAll('0', 'o')
    .replaceAll('1', 'l')
  for (const typed of [code, code.replace('-', ''), sloppy])
    expect(codes.matches(typed, content)).toBe(true)
})

test.each(['', '0000-0000', 'ABCD', 'x'.repeat(1000), '😀😀😀😀'])('%s does not fit', (typed) => {
  expect(codes.matches(typed, content)).toBe(false)
})

test('it fits nothing else: not another content, purpose or key', () => {
  const code = codes.codeFor(content)

  expect(codes.matches(code, { ...content, decision: 'reject' })).toBe(false)
  expect(createOneTimeCodes({ secrets: [secret], purpose: 'note' }).matches(code, content)).toBe(
    false,
  )
  const other = createOneTimeCodes({ secrets: [`${secret}!`], purpose: 'page' })
  expect(other.matches(code, content)).toBe(false)
})

test('a code of an older key fits while that is kept', () => {
  const older = 'an older secret that was in use until now'
  const code = createOneTimeCodes({ secrets: [older], purpose: 'page' }).codeFor(content)

  expect(
    createOneTimeCodes({ secrets: [secret, older], purpose: 'page' }).matches(code, content),
  ).toBe(true)
})
