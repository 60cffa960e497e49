import { actorSchema, isLoopError, type Actor } from '@loop-engine/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { admitActor, createAuthority } from './identity.ts'

const alice: Actor = { type: 'human', id: 'alice', roles: ['finance'] }
const agent = {
  type: 'ai-agent',
  id: 'triage',
  provider: 'anthropic',
  modelId: 'claude',
  promptHash: 'a'.repeat(64),
  confidence: 0.9,
  usage: { inputTokens: 10, outputTokens: 2 },
  responseId: null,
  onBehalfOf: { type: 'human', id: 'alice' },
} as const
const oidc = { method: 'oidc', issuer: 'https://id.example', subject: '1', at: 1000 }

function pathOfError(input: unknown, options: { requireAttribution?: boolean } = {}): string {
  try {
    admitActor(input, { mode: 'asserted', ...options })
  } catch (error) {
    if (isLoopError(error) && error.code === 'invalid_actor') return error.path ?? ''
    throw error
  }
  return 'admitted'
}

describe('an asserted actor', () => {
  test('is a frozen copy that says it was asserted', () => {
    const roles = ['finance']

    const { actor } = admitActor({ ...alice, roles }, { mode: 'asserted' }) as { actor: Actor }
    roles.push('admin')

    expect(actor).toEqual({ ...alice, assurance: { method: 'asserted' } })
    expect(Object.isFrozen(actor) && Object.isFrozen(actor.roles)).toBe(true)
  })

  test('cannot bring an assurance of its own', () => {
    const authority = createAuthority({ name: 'http' })
    const forged = JSON.parse(JSON.stringify(authority.vouch(alice, oidc))) as unknown

    const { actor } = admitActor(forged, { mode: 'asserted', authority }) as { actor: Actor }

    expect(actor.assurance).toEqual({ method: 'asserted' })
  })

  test('keeps the attribution of a model as it came, and gains none', () => {
    expect(admitActor(agent, { mode: 'asserted' })).toEqual({
      actor: { ...agent, assurance: { method: 'asserted' } },
    })
    expect(admitActor({ type: 'ai-agent', id: 'x' }, { mode: 'asserted' })).toEqual({
      actor: { type: 'ai-agent', id: 'x', assurance: { method: 'asserted' } },
    })
  })
})

describe('in verified mode', () => {
  const authority = createAuthority({ name: 'http' })

  test('the very object that an authority vouched for is accepted as it is', () => {
    const vouched = authority.vouch(alice, oidc)

    expect(admitActor(vouched, { mode: 'verified', authority })).toEqual({ actor: vouched })
    expect(vouched.assurance).toEqual(oidc)
  })

  test('a human whom nobody vouches for is refused', () => {
    const stranger = createAuthority({ name: 'other' }).vouch(alice, oidc)

    for (const input of [alice, stranger, { ...authority.vouch(alice, oidc) }]) {
      expect(admitActor(input, { mode: 'verified', authority })).toMatchObject({
        refused: 'identity_not_verified',
      })
    }
  })

  test('a machine may still assert itself', () => {
    expect(admitActor(agent, { mode: 'verified', authority })).toHaveProperty('actor')
  })

  test('an old authentication is refused when an age is asked for', () => {
    const vouched = authority.vouch(alice, oidc)
    const options = { mode: 'verified', authority, maxAgeMs: 500 } as const

    expect(admitActor(vouched, { ...options, now: 1500 })).toHaveProperty('actor')
    expect(admitActor(vouched, { ...options, now: 1501 })).toHaveProperty('refused')
  })
})

describe('a bad actor is refused with the path of what is wrong', () => {
  const loop: Record<string, unknown> = { type: 'human', id: 'a' }
  loop.onBehalfOf = loop

  test.each([
    ['', null],
    ['', 'alice'],
    ['', []],
    ['/type', { type: 'robot', id: 'x' }],
    ['/id', { type: 'human', id: '' }],
    ['/id', { type: 'human' }],
    ['/roles/1', { ...alice, roles: ['ok', 7] }],
    ['/promptHash', { ...agent, promptHash: 'ABC' }],
    ['/confidence', { ...agent, confidence: 1.1 }],
    ['/usage/inputTokens', { ...agent, usage: { inputTokens: -1 } }],
    ['/usage/tokens', { ...agent, usage: { tokens: 1 } }],
    ['/onBehalfOf/id', { ...alice, onBehalfOf: { type: 'human' } }],
    ['/onBehalfOf', { ...alice, onBehalfOf: loop }],
    ['/admin', { ...alice, admin: true }],
    ['/__proto__', JSON.parse('{"type":"human","id":"a","__proto__":{"roles":["admin"]}}')],
    ['/modelId', { ...alice, modelId: 'claude' }],
  ])('%s', (path, input) => {
    expect(pathOfError(input)).toBe(path)
  })

  test('an anonymous model, where attribution is required', () => {
    expect(pathOfError(agent, { requireAttribution: true })).toBe('admitted')
    expect(pathOfError({ ...agent, promptHash: undefined }, { requireAttribution: true })).toBe(
      '/promptHash',
    )
  })
})

test('what is read by hand is what the schema accepts', () => {
  const mostly = <T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: fc.jsonValue() })
  const id = mostly(fc.string({ maxLength: 300 }))
  const optional = fc.record(
    {
      displayName: id,
      roles: mostly(fc.array(fc.string(), { maxLength: 3 })),
      onBehalfOf: mostly(fc.record({ type: fc.constant('human'), id: fc.string() })),
      assurance: mostly(fc.record({ method: fc.string() })),
      provider: id,
      confidence: mostly(fc.double({ min: -0.1, max: 1.1 })),
      usage: mostly(fc.record({ inputTokens: fc.integer({ min: -1 }) })),
      responseId: mostly(fc.constant(null)),
      attempts: mostly(fc.integer({ min: 0 })),
    },
    { requiredKeys: [] },
  )
  const actor = fc.record({ type: mostly(fc.constant('ai-agent')), id, optional })

  const agrees = fc.property(actor, ({ optional: rest, ...known }) => {
    const input = { ...known, ...rest }
    return (pathOfError(input) === 'admitted') === actorSchema.safeParse(input).success
  })

  expect(() => fc.assert(agrees, { seed: 1, numRuns: 2000 })).not.toThrow()
})

test('nobody is vouched for without the way they became known', () => {
  const { vouch, vouches } = createAuthority({ name: 'idp' })
  const unknown = undefined as unknown as typeof oidc
  expect(() => vouch(alice, unknown)).toThrow(
    expect.objectContaining({ code: 'invalid_actor', path: '/assurance' }),
  )
  expect(vouches(alice)).toBe(false)
})

test('an authority has a name', () => {
  const unnamed = {} as Parameters<typeof createAuthority>[0]
  expect(() => createAuthority(unnamed)).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/name' }),
  )
})
