import { afterEach, expect, test } from 'vitest'

import {
  alice,
  call,
  clerk,
  connectTo,
  openDesk,
  payroll,
  purchase,
  quote,
  type Desk,
} from './desk.fixture.ts'

let desk: Desk
afterEach(() => desk.close())

test('a loop that is not shown does not exist, nor do its runs, history and approvals', async () => {
  desk = await openDesk()
  const client = await connectTo(desk.mcp)
  const at = { aggregateId: 'PAY-1' }
  const asked = await desk.system.engine.transition({ ...at, transitionId: 'bonus', actor: clerk })
  const approvalId = asked.status === 'pending_approval' ? asked.approvalId : ''
  const hidden = await desk.system.engine.get(at)

  const answers = await Promise.all([
    call(client, 'get_run', at),
    call(client, 'get_history', at),
    call(client, 'list_transitions', at),
    call(client, 'list_runs', { loopId: 'payroll' }),
    call(client, 'request_transition', { ...at, transitionId: 'pay', idempotencyKey: 'k' }),
    call(client, 'get_approval', { approvalId }),
  ])
  const strange = await call(client, 'get_history', { aggregateId: 'PO-1', runId: hidden?.runId })

  for (const { isError, data } of answers)
    expect([isError, data.error?.code]).toEqual([true, 'not_found'])
  expect(strange.data.items).toEqual([])
  for (const uri of ['loop-engine://runs/PAY-1/timeline', 'loop-engine://loops/payroll'])
    await expect(client.readResource({ uri })).rejects.toThrow(/not found/i)
  expect(await desk.system.engine.get(at)).toEqual(hidden)
})

test('an older run of a business key is not shown if its loop is not', async () => {
  desk = await openDesk()
  const { engine } = desk.system
  const at = { aggregateId: 'X-1', actor: clerk }
  const { runId } = await engine.start({ ...at, loopId: 'payroll' })
  await engine.transition({ ...at, actor: alice, transitionId: 'pay' })
  await engine.start({ ...at, loopId: 'purchase' })
  const client = await connectTo(desk.mcp)

  const { data } = await call(client, 'get_history', { aggregateId: 'X-1', runId })

  expect(data).toEqual({ items: [] })
})

test('a run id gives no access to a run of another business key', async () => {
  desk = await openDesk()
  const client = await connectTo(desk.mcp)
  const other = await desk.system.engine.get({ aggregateId: 'PO-2' })

  const { data } = await call(client, 'get_history', { aggregateId: 'PO-1', runId: other?.runId })

  expect(data).toEqual({ items: [] })
})

test('failures in a loop that is not shown are not listed', async () => {
  const letter = { id: 'd1', tenant: 'default', aggregateId: 'PAY-1', lane: 'l', seq: 1 } as const
  const delivery = { kind: 'notify', name: 'slack', payload: '{}', dueAt: 0, attempt: 8 } as const
  desk = await openDesk({
    relay: {
      async deadLetters() {
        const runId = (await desk.system.engine.get({ aggregateId: 'PAY-1' }))?.runId ?? ''
        return { items: [{ ...letter, ...delivery, runId, error: 'x', diedAt: 0 }] }
      },
    },
  })
  const client = await connectTo(desk.mcp)
  const at = { aggregateId: 'PAY-1', actor: clerk }
  const exceptions = async (kind: string): Promise<unknown> =>
    (await call(client, 'list_exceptions', { kind })).data

  await desk.system.engine.transition({ ...at, transitionId: 'pay' })
  expect(await exceptions('blocked_runs')).toEqual({ items: [] })
  expect(await exceptions('dead_letters')).toEqual({ items: [] })
  await desk.system.engine.suspend({ ...at, actor: alice, reason: 'wait' })
  expect(await exceptions('suspended_runs')).toEqual({ items: [] })
})

test('a client learns of an unexpected error only that there was one', async () => {
  desk = await openDesk({
    approvals: {
      get: () => Promise.reject(new TypeError('password is hunter2')),
      find: () => Promise.reject(new TypeError('password is hunter2')),
    },
  })
  const client = await connectTo(desk.mcp)

  const { isError, data } = await call(client, 'get_approval', { approvalId: 'a' })

  expect(isError).toBe(true)
  expect(data.error).toEqual({
    code: 'internal',
    message: 'The server could not answer.',
    retryable: false,
  })
  expect(desk.errors).toEqual([new TypeError('password is hunter2')])
})

test('a tenant sees its own runs only', async () => {
  desk = await openDesk({ principal: { actor: alice, tenant: 'acme' } })
  const client = await connectTo(desk.mcp)

  expect((await call(client, 'list_runs', { loopId: 'purchase' })).data.items).toEqual([])
  expect((await call(client, 'get_run', { aggregateId: 'PO-1' })).data.error.code).toBe('not_found')
})

test('a client that may only read is not offered tools that change something', async () => {
  desk = await openDesk({ principal: { actor: alice, readOnly: true }, startable: ['purchase'] })
  const client = await connectTo(desk.mcp)

  const { tools } = await client.listTools()

  expect(tools.every(({ annotations }) => annotations?.readOnlyHint)).toBe(true)
  await expect(call(client, 'request_transition', quote)).rejects.toThrow('not found')
})

test('a loop is started only if the application allows it, and once for each key', async () => {
  desk = await openDesk({ startable: ['purchase'], loops: [purchase, payroll] })
  const client = await connectTo(desk.mcp)
  const start = { loopId: 'purchase', aggregateId: 'PO-9', idempotencyKey: 's1' }

  const first = await call(client, 'start_run', start)
  const again = await call(client, 'start_run', start)
  const other = await call(client, 'start_run', { ...start, idempotencyKey: 's2' })
  const refused = await call(client, 'start_run', {
    loopId: 'payroll',
    aggregateId: 'PAY-9',
    idempotencyKey: 's3',
  })

  expect(first.data).toMatchObject({ aggregateId: 'PO-9', state: 'OPEN' })
  expect(again.data.runId).toBe(first.data.runId)
  expect(other.data.error.code).toBe('already_exists')
  expect(refused.data.error.code).toBe('not_found')
})

test('a key is good for one request, and each principal has its own', async () => {
  desk = await openDesk()
  const client = await connectTo(desk.mcp)
  await call(client, 'request_transition', quote)

  const other = await call(client, 'request_transition', { ...quote, evidence: { amount: 6 } })

  expect(other.data.error).toMatchObject({ code: 'key_mismatch', path: '/idempotencyKey' })
})

test('a configuration with a startable loop that is not shown, or without a principal, is refused', async () => {
  desk = await openDesk()
  await expect(openDesk({ startable: ['nothing'] })).rejects.toMatchObject({
    code: 'invalid_config',
  })
  await expect(
    (async () => {
      const unsigned = await openDesk({ principal: undefined })
      try {
        unsigned.mcp.connect()
      } finally {
        await unsigned.close()
      }
    })(),
  ).rejects.toMatchObject({ code: 'auth' })
})
