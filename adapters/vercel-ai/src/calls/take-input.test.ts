import { describe, expect, test } from 'vitest'

import { callRefund, openRefundDesk } from '../tools/refund-desk.fixture.ts'
import { newest } from '../tools/tool-majors.fixture.ts'
import { takeInput } from './take-input.ts'

describe('the input of a call', () => {
  test.each([
    ['a Set', new Set(['a'])],
    ['a Map', new Map([['a', 1]])],
    ['a RegExp', /a/],
    ['a function', () => 1],
    ['a bigint', 1n],
    ['NaN', Number.NaN],
  ])('is refused if it holds %s, which JSON cannot write', (_, value) => {
    expect(() => takeInput({ deep: [value] })).toThrow('cannot be recorded as JSON')
  })

  test('is handed to the tool as the schema made it, if JSON can write it', () => {
    const input = { at: new Date(0), none: {}, list: [], left: undefined }
    const taken = takeInput(input)
    expect(taken.json).toEqual({ at: '1970-01-01T00:00:00.000Z', none: {}, list: [] })
    expect(taken.value).toBe(input)
    expect(takeInput({ list: [[], {}] }).text).toBe('{"list":[[],{}]}')
  })

  test('never waits for an approval if the record could not show it', async () => {
    const desk = await openRefundDesk(newest)
    const call = { order: 7, amount: 500, to: new Set(['DE02 1203']) }
    await expect(callRefund(desk.govern(), call)).rejects.toMatchObject({ code: 'invalid_input' })
    expect((await desk.system.approvals.find()).items).toEqual([])
    expect(desk.ran).toEqual([])
  })
})
