import { withInputRequired } from '@modelcontextprotocol/client'
import { afterEach, expect, test } from 'vitest'

import { call, connectTo, eras, openDesk, order, quote, type Desk } from './desk.fixture.ts'

let desk: Desk
afterEach(() => desk.close())
const decisionUrl = ({ id }: { readonly id: string }): string =>
  `https://decide.example/${encodeURIComponent(id)}`
const opens = { capabilities: { elicitation: { url: {} } } }

async function quoted(options: Parameters<typeof openDesk>[0]): Promise<Desk> {
  desk = await openDesk(options)
  const client = await connectTo(desk.mcp)
  await call(client, 'request_transition', quote)
  return desk
}

test.each(['accept', 'decline', 'cancel'] as const)(
  'a client that can open pages is asked once, and %s changes nothing about the request',
  async (action) => {
    const { mcp } = await quoted({ decisionUrl })
    const client = await connectTo(mcp, 'auto', opens)
    const asked: unknown[] = []
    client.setRequestHandler('elicitation/create', ({ params }) => {
      asked.push(params)
      return { action }
    })

    const { data } = await call(client, 'request_transition', order)

    expect(asked).toMatchObject([{ mode: 'url', url: data.decisionUrl }])
    expect(data).toMatchObject({ status: 'pending', replayed: true })
    expect(
      (await call(client, 'get_approval', { approvalId: data.approvalId })).data,
    ).toMatchObject({
      status: 'pending',
      decisions: [],
      decisionUrl: data.decisionUrl,
    })
  },
)

test('the first answer comes at once, whatever the person at the client does', async () => {
  const { mcp } = await quoted({ decisionUrl })
  const client = await connectTo(mcp, 'auto', { ...opens, inputRequired: { autoFulfill: false } })

  const first = await client.request(
    { method: 'tools/call', params: { name: 'request_transition', arguments: order } },
    withInputRequired(anything),
    { allowInputRequired: true },
  )
  const { data } = await call(client, 'request_transition', order)

  expect(first).toMatchObject({ resultType: 'input_required' })
  expect(data).toMatchObject({ status: 'pending', replayed: true })
})

test.each(eras)(
  'a client of %s that cannot open pages gets the address in the answer',
  async (era) => {
    const { mcp } = await quoted({ decisionUrl })
    // An older client that can open pages would have to hold the call open.
    const client = await connectTo(mcp, era, era === 'legacy' ? opens : {})

    const { data } = await call(client, 'request_transition', order)

    expect(data).toMatchObject({ status: 'pending' })
    expect(data.decisionUrl).toBe(decisionUrl({ id: data.approvalId }))
  },
)

test.each(['http://decide.example/', 'https://key@decide.example/', 'javascript:alert(1)', 'x'])(
  'a client is never sent to %s, but still learns that its request waits',
  async (address) => {
    const { mcp, errors } = await quoted({ decisionUrl: () => address })
    const client = await connectTo(mcp, 'auto', opens)

    const { data } = await call(client, 'request_transition', order)

    expect(data).toMatchObject({ status: 'pending', approvalId: expect.any(String) })
    expect(data).not.toHaveProperty('decisionUrl')
    expect(errors).toMatchObject([{ code: 'invalid_config', path: '/decisionUrl' }])
  },
)

test.each([
  [
    'throws',
    () => {
      throw new Error('The log is away.')
    },
  ],
  ['rejects', (async () => Promise.reject(new Error('The log is away.'))) as () => never],
])('a client learns that its request waits, even if onError %s', async (_, onError) => {
  const { mcp } = await quoted({ decisionUrl: () => 'x', onError })
  const client = await connectTo(mcp)

  const { data } = await call(client, 'request_transition', order)

  expect(data).toMatchObject({ status: 'pending', approvalId: expect.any(String) })
})

test('a decisionUrl that throws hides neither a request nor its status', async () => {
  const fault = new TypeError('The directory of the pages is away.')
  const { mcp, errors } = await quoted({
    decisionUrl: () => {
      throw fault
    },
  })
  const client = await connectTo(mcp)

  const { data } = await call(client, 'request_transition', order)
  const { data: followed } = await call(client, 'get_approval', { approvalId: data.approvalId })

  expect([data, followed]).toMatchObject([{ status: 'pending' }, { status: 'pending' }])
  expect(errors).toEqual([fault, fault])
})

const anything = {
  '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) },
} as const
