import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, type IdentityOptions } from './index.ts'
import { askForPayment, paymentLoop, person } from './payment.fixture.ts'

test('a directory that does not answer for one person does not hold up the others of a batch', async () => {
  const away = new Error('ldap://10.0.0.7 refused the password of svc-loop')
  const system = await createLoopSystem({
    loops: [paymentLoop(2)],
    relay: false,
    identity: {
      directory: (_, id) => {
        if (id === 'bob') throw away
        return { roles: ['finance'] }
      },
    },
  })
  const requestId = await askForPayment(system)
  const approve = (id: string) => ({ requestId, decision: 'approve', actor: person(id) }) as const

  const [ann, bob, cleo] = await system.approvals.decideMany(['ann', 'bob', 'cleo'].map(approve))

  expect([ann, cleo]).toMatchObject([{ status: 'recorded' }, { status: 'executed' }])
  expect(bob).toMatchObject({
    status: 'error',
    error: { code: 'unavailable', retryable: true, cause: away },
  })
  expect(JSON.stringify(bob)).not.toContain('ldap')
})

test('a directory that throws an error of another copy of the core does not hold up the others either', async () => {
  const foreign = Object.assign(new Error('The directory is away.'), {
    code: 'unavailable',
    [Symbol.for('@loop-engine/error')]: true,
  })
  const system = await createLoopSystem({
    loops: [paymentLoop(2)],
    relay: false,
    identity: {
      directory: (_, id) => {
        if (id === 'bob') throw foreign
        return { roles: ['finance'] }
      },
    },
  })
  const requestId = await askForPayment(system)
  const approve = (id: string) => ({ requestId, decision: 'approve', actor: person(id) }) as const

  const decided = await system.approvals.decideMany(['ann', 'bob'].map(approve))

  expect(decided).toMatchObject([
    { status: 'recorded' },
    { status: 'error', error: { code: 'unavailable' } },
  ])
})

test('a directory that never answers times out, and the run goes on', async () => {
  const clock = createTestClock()
  const { promise: asked, resolve: hear } = Promise.withResolvers<void>()
  let hangs = true
  const system = await createLoopSystem({
    loops: [paymentLoop(1)],
    relay: false,
    clock,
    identity: {
      directory: () => {
        hear()
        return hangs ? new Promise(() => {}) : { roles: ['finance'] }
      },
    },
  })
  const requestId = await askForPayment(system)
  const approve = () =>
    system.approvals.decide({ requestId, decision: 'approve', actor: person('ann') })

  const waiting = approve()
  await asked
  hangs = false
  clock.advance(30_000)

  await expect(waiting).rejects.toMatchObject({ code: 'unavailable', retryable: true })
  expect(await approve()).toMatchObject({ status: 'executed' })
})

test('a directory that returns roles as text is reported, and nobody is called unentitled because of it', async () => {
  const directory = () => ({ roles: 'finance' })
  const system = await createLoopSystem({
    loops: [paymentLoop(2)],
    relay: false,
    identity: { directory: directory as unknown as NonNullable<IdentityOptions['directory']> },
  })
  const requestId = await askForPayment(system)

  const decided = system.approvals.decide({ requestId, decision: 'approve', actor: person('ann') })

  await expect(decided).rejects.toMatchObject({ code: 'bad_response' })
})

test.each([
  ['text', 'nobody'],
  ['a number', 1],
  ['a list', [{ roles: ['finance'] }]],
  ['an identity class that is no text', { roles: ['finance'], identityClass: { id: 1 } }],
])('a directory that answers with %s knows nobody', async (_, answer) => {
  const directory = (() => answer) as unknown as NonNullable<IdentityOptions['directory']>
  const system = await createLoopSystem({
    loops: [paymentLoop(1)],
    relay: false,
    identity: { directory },
  })
  const requestId = await askForPayment(system)

  const decided = system.approvals.decide({ requestId, decision: 'reject', actor: person('ann') })

  await expect(decided).rejects.toMatchObject({ code: 'bad_response' })
})

test('an unreadable answer of the directory counts as no answer', async () => {
  const directory = () => ({
    get roles(): string[] {
      throw new TypeError('lost')
    },
  })
  const system = await createLoopSystem({
    loops: [paymentLoop(1)],
    relay: false,
    identity: { directory },
  })
  const requestId = await askForPayment(system)

  const decided = system.approvals.decide({ requestId, decision: 'reject', actor: person('ann') })

  await expect(decided).rejects.toMatchObject({ code: 'unavailable', retryable: true })
})

test('a store that fails at one decision of a batch does not hide the answers to the others', async () => {
  const store = createMemoryStore()
  const broken = new TypeError('password=x')
  const system = await createLoopSystem({
    loops: [paymentLoop(2)],
    relay: false,
    store: {
      ...store,
      approval: async (tenant, id) => {
        if (id === 'odd') throw broken
        return store.approval(tenant, id)
      },
    },
  })
  const requestId = await askForPayment(system)
  const actor = { ...person('ann'), roles: ['finance'] }

  const decided = await system.approvals.decideMany(
    [requestId, 'odd'].map((id) => ({ requestId: id, decision: 'approve', actor })),
  )

  expect(decided).toMatchObject([
    { status: 'recorded' },
    { status: 'error', error: { code: 'unknown_outcome', retryable: true, cause: broken } },
  ])
  expect(JSON.stringify(decided)).not.toContain('password')
})
