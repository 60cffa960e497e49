import { describe, expect, test } from 'vitest'

import { waitingRequest } from '../../decision-page/waiting-request.fixture.ts'
import type { LoopInstance } from '../../model/instance.ts'
import { readFrontier, readMessages, readRequest, readRun } from './read-rows.ts'

const run: LoopInstance = {
  tenant: 'default',
  loopId: 'payment',
  aggregateId: 'order-1',
  runId: 'run-1',
  definition: { version: '1', digest: 'ab'.repeat(32) },
  currentState: 'ASKED',
  status: 'active',
  version: 1,
  stateVersion: 1,
  transitions: 0,
  openApprovals: 0,
  metadata: {},
  tags: ['blue'],
  correlationId: null,
  createdAt: 1,
  updatedAt: 1,
  head: 'cd'.repeat(32),
}
const request = waitingRequest()
const changed = expect.objectContaining({ code: 'corrupt' })
const broken = ['', '{', 'null', '7', '[]', '{}']

test('what nobody changed is read as it was kept', () => {
  const { tags, ...rest } = run
  expect(readRun(JSON.stringify(run))).toEqual(run)
  expect(readRun(JSON.stringify(rest), { tags })).toEqual(run)
  expect(readRequest(JSON.stringify(request), null)).toEqual(request)
  const erased = { ...request, evidence: null }
  expect(readRequest(JSON.stringify(erased), null)).toEqual(erased)
})

test('the messages of a request are those beside it and those in it', () => {
  const posted = { ...request, messages: { mail: { id: '2' } } }
  expect(readRequest(JSON.stringify(posted), '{"chat":{"ts":"1"}}')).toEqual({
    ...request,
    messages: { chat: { ts: '1' }, mail: { id: '2' } },
  })
})

describe.each([
  ['a run', run, (text: string) => readRun(text), 'correlationId'],
  ['a request', request, (text: string) => readRequest(text, null), 'decidedAt executedBy'],
])('%s', (_, kept, read, optional) => {
  test.each(broken)('that was made %j is corrupt', (text) => {
    expect(() => read(text)).toThrow(changed)
  })

  const names = Object.keys(kept).filter((name) => !optional.split(' ').includes(name))
  test.each(names)('without its %s is corrupt', (name) => {
    expect(() => read(JSON.stringify({ ...kept, [name]: undefined }))).toThrow(changed)
    expect(() => read(JSON.stringify({ ...kept, [name]: [[]] }))).toThrow(changed)
  })
})

test.each([{ definition: { digest: 'ab' } }, { definition: { version: '1' } }])(
  'a run with the %j is corrupt, and named',
  (change) => {
    expect(() => readRun(JSON.stringify({ ...run, ...change }))).toThrow(
      expect.objectContaining({ code: 'corrupt', details: { runId: 'run-1' } }),
    )
  },
)

test.each([
  { requester: { id: 'agent' } },
  { requester: { type: 'human' } },
  { policy: { stages: 'none' } },
  { policy: { stages: [null] } },
  { policy: { stages: [{ reviewers: 'bob' }] } },
  { view: { fields: 'none' } },
  { decisions: [null] },
  { decisions: [{ reviewer: { type: 'human' } }] },
  { delegations: [{ from: 'bob' }] },
  { delegations: [{ to: 'bob' }] },
])('a request with the %j is corrupt, and named', (change) => {
  expect(() => readRequest(JSON.stringify({ ...request, ...change }), null)).toThrow(
    expect.objectContaining({ code: 'corrupt', details: { id: 'request-1' } }),
  )
})

test.each(broken.filter((text) => text !== '{}'))(
  'messages that were made %j are corrupt',
  (text) => {
    expect(() => readMessages(text)).toThrow(changed)
  },
)

test.each([...broken.filter((text) => text !== '[]'), '[7]'])(
  'the subtrees of a log that were made %j are corrupt',
  (text) => {
    expect(() => readFrontier(text)).toThrow(changed)
  },
)
