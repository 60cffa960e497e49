import { createAuthority } from '@loop-engine/sdk'
import { afterEach, expect, test } from 'vitest'

import {
  alice,
  bob,
  call,
  connectTo,
  openDesk,
  order,
  purchase,
  quote,
  type Desk,
} from './desk.fixture.ts'

let desk: Desk
afterEach(() => desk.close())

test.each(['actor', 'tenant', 'roles', 'onBehalfOf', 'principal', 'identity'])(
  'a client that sends %s is told that there is no such field, and nothing is recorded',
  async (field) => {
    desk = await openDesk()
    const client = await connectTo(desk.mcp)

    const { isError, data } = await call(client, 'request_transition', { ...quote, [field]: 'x' })

    expect(isError).toBe(true)
    expect(data.error).toMatchObject({ code: 'invalid_input', path: `/${field}` })
    expect(await desk.system.engine.get({ aggregateId: 'PO-1' })).toMatchObject({ version: 1 })
  },
)

test('two principals with the longest possible ids have different agents', async () => {
  const agents: string[] = []
  for (const last of ['a', 'b']) {
    const id = `${'x'.repeat(255)}${last}`
    desk = await openDesk({ principal: { actor: { type: 'human', id } } })
    const { data } = await call(await connectTo(desk.mcp), 'request_transition', quote)
    expect(data).toMatchObject({ status: 'executed' })
    const entries = await Array.fromAsync(desk.system.engine.history({ aggregateId: 'PO-1' }))
    expect(entries.at(-1)?.entry.actor).toMatchObject({ onBehalfOf: { type: 'human', id } })
    agents.push(entries.at(-1)?.entry.actor.id ?? '')
    if (last === 'a') await desk.close()
  }
  expect(agents).toEqual([
    expect.stringMatching(/^mcp:human#[0-9a-f]{64}$/),
    expect.stringMatching(/^mcp:human#[0-9a-f]{64}$/),
  ])
  expect(agents[0]).not.toBe(agents[1])
})

test('claims about actors in evidence do not change the actor', async () => {
  desk = await openDesk()
  const client = await connectTo(desk.mcp)
  const claims = { actor: { type: 'human', id: 'root' }, roles: ['auditor'], tenant: 'other' }

  const { data } = await call(client, 'request_transition', {
    ...quote,
    transitionId: 'audit',
    evidence: claims,
  })

  expect(data).toMatchObject({ status: 'rejected', reason: 'role_missing' })
})

test('no tool decides, cancels, stops, migrates or erases', async () => {
  desk = await openDesk({ startable: ['purchase'] })
  const client = await connectTo(desk.mcp)

  const { tools } = await client.listTools()

  expect(
    tools.filter(({ annotations }) => !annotations?.readOnlyHint).map(({ name }) => name),
  ).toEqual(['request_transition', 'start_run'])
  expect(tools).toHaveLength(9)
})

test('an agent does not get the roles of its person, but the application may give it roles', async () => {
  const auditor = { ...alice, roles: ['auditor'] }
  const ask = { ...quote, transitionId: 'audit' }
  desk = await openDesk({ principal: { actor: auditor } })
  const client = await connectTo(desk.mcp)
  expect((await call(client, 'request_transition', ask)).data.reason).toBe('role_missing')
  await desk.close()

  desk = await openDesk({ principal: { actor: alice, agentRoles: ['auditor'] } })
  const entitled = await connectTo(desk.mcp)
  expect((await call(entitled, 'request_transition', ask)).data.status).toBe('executed')
})

test('a principal that is an agent stays itself, and keeps the person for whom it acts', async () => {
  const robot = { type: 'ai-agent', id: 'agent:buyer', onBehalfOf: bob } as const
  desk = await openDesk({ principal: { actor: robot } })
  const client = await connectTo(desk.mcp)

  await call(client, 'request_transition', quote)
  const { data } = await call(client, 'request_transition', order)
  const decided = await desk.system.approvals.decide({
    requestId: data.approvalId,
    decision: 'approve',
    actor: bob,
  })

  expect(decided).toMatchObject({ status: 'refused' })
  expect(decided.request.requester).toMatchObject(robot)
})

test('the record says how the principal was authenticated if an authority vouches', async () => {
  const authority = createAuthority({ name: 'server' })
  const actor = { ...alice, assurance: { method: 'oidc', issuer: 'https://id.example' } }
  desk = await openDesk({ principal: { actor }, authority })
  const seen: unknown[] = []
  const { engine } = desk.system
  await desk.mcp.close()
  const { createMcpServer } = await import('./index.ts')
  const mcp = createMcpServer({
    system: {
      ...desk.system,
      engine: {
        ...engine,
        async transition(input) {
          seen.push(input.actor.assurance, authority.vouches(input.actor))
          return engine.transition(input)
        },
      },
    },
    loops: [purchase],
    principal: { actor },
    authority,
  })

  await call(await connectTo(mcp), 'request_transition', quote)
  await mcp.close()

  expect(seen).toEqual([actor.assurance, true])
})

test('a misspelt limit of a principal is refused by createMcpServer, and by each request', async () => {
  desk = await openDesk()
  const principal = { actor: alice, readonly: true }
  const refused = { code: 'invalid_config', path: '/principal/readonly' }

  await expect(openDesk({ principal })).rejects.toMatchObject(refused)
  const request = new Request('http://localhost/mcp', { method: 'POST', body: '{}' })
  await expect(desk.mcp.handle(request, { principal })).rejects.toMatchObject(refused)
})

test('a misspelt option is refused', async () => {
  desk = await openDesk()

  await expect(openDesk({ origin: ['https://a.example'] } as object)).rejects.toMatchObject({
    code: 'invalid_config',
    path: '/origin',
  })
})
