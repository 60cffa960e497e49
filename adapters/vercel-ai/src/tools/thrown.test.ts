import { expect, test } from 'vitest'

import { govern } from './govern.ts'
import { callRefund, openRefundDesk } from './refund-desk.fixture.ts'
import { newest } from './tool-majors.fixture.ts'

const small = { order: 7, amount: 20 }
const unreadable = 'The tool threw a value that cannot be read.'
const self: { self?: object } = {}
self.self = self

test.each([
  ['an object without prototype', Object.assign(Object.create(null), { code: 42 }), '{"code":42}'],
  ['an object', { code: 42 }, '{"code":42}'],
  ['a text', 'The bank says no.', 'The bank says no.'],
  ['nothing', undefined, 'undefined'],
  ['an error without text', Object.assign(new Error(), { message: { code: 42 } }), '{"code":42}'],
  ['an object with a cycle', self, unreadable],
  ['a bigint, which JSON cannot write', 42n, unreadable],
])('a tool that throws %s is recorded as failed', async (_, thrown, message) => {
  const desk = await openRefundDesk(newest)
  const failing = { ...desk.raw.refund, execute: () => Promise.reject(thrown) }
  const governed = govern({ refund: failing }, { engine: desk.system.engine })

  const said: unknown = await callRefund(governed, small).catch((error: unknown) => error)

  expect(said).toBe(thrown)
  expect(await desk.stateOf('refund/call-1')).toBe('FAILED')
  const { calls } = await governed.resume(['refund/call-1'])
  expect(calls).toMatchObject([{ status: 'failed', message }])
})
