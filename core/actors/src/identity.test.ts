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

  test('loses the assurance that it brings along', () => {
    const authority = createAuthority({ name: 'http' })
    const forged = JSON.parse(JSON.stringify(authority.vouch(alice, oidc))) as unknown

    const { actor } = admitActor(forged, { mode: 'asserted', authority }) as { actor: Actor }

    expect(actor.assurance).toEqual({ method: 'asserted' })
  })

  test('keeps its attribution to a model as given, and nothing is added', () => {
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

  test('the very object that an authority returned is accepted as it is', () => {
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

  test('an authentication older than maxAgeMs is refused', () => {
    const vouched = authority.vouch(alice, oidc)
    const options = { mode: 'verified', authority, maxAgeMs: 500 } as const

    expect(admitActor(vouched, { ...options, now: 1500 })).toHaveProperty('actor')
    expect(admitActor(vouched, { ...options, now: 1501 })).toHaveProperty('refused')
    const timeless = authority.vouch(alice, { method: 'oidc' })
    expect(admitActor(timeless, { ...options, now: 0 })).toHaveProperty('refused')
  })
})

describe('a wrong actor is refused with the path of the wrong field', () => {
  const loop: Record<string, unknown> = { type: 'human', id: 'a' }
  loop.onBehalfOf = loop

  test.each([
    ['', null],
    ['', 'alice'],
    ['', []],
    ['/type', { type: 'robot', id: 'x' }],
    ['/id', { type: 'human', id: '' }],
    ['/id', { type: 'human', id: ' ' }],
    ['/onBehalfOf/id', { ...agent, onBehalfOf: { type: 'human', id: '\t' } }],
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

  test('an ai-agent that names no model, where attribution is required', () => {
    expect(pathOfError(agent, { requireAttribution: true })).toBe('admitted')
    for (const field of ['provider', 'modelId', 'promptHash'])
      expect(pathOfError({ ...agent, [field]: undefined }, { requireAttribution: true })).toBe(
        `/${field}`,
      )
  })
})

const text = (length: number): string => 'x'.repeat(length)
const listOf = (length: number, name = 'x'): string[] => Array.from({ length }, () => name)
const planner = (onBehalfOf: object) => ({ type: 'ai-agent', id: 'planner', onBehalfOf })

test.each<[keyof Actor, good: readonly unknown[], bad: readonly unknown[]]>([
  ['id', [text(256), ' a '], [text(257), ' ', 7]],
  ['displayName', ['', text(256)], [text(257)]],
  ['roles', [[], listOf(256), [text(128)]], [listOf(257), [text(129)], [''], [' '], 'finance']],
  ['groups', [[], listOf(256), [text(128)]], [listOf(257), [text(129)], [''], 'oncall']],
  [
    'onBehalfOf',
    [planner(agent.onBehalfOf)],
    [planner({ type: 'human' }), planner({ type: 'robot', id: 'x' }), planner(alice), 'alice'],
  ],
  ['provider', [text(128)], ['', ' ', text(129)]],
  ['modelId', [text(256)], ['', text(257)]],
  ['servedModel', [text(256)], ['', text(257)]],
  ['promptVersion', [text(128)], ['', text(129)]],
  ['templateHash', ['0'.repeat(64)], ['0'.repeat(63), 'G'.repeat(64)]],
  ['confidence', [0, 1], [-0.1, 1.1, Number.NaN, '1']],
  [
    'usage',
    [
      { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, reasoningTokens: 0 },
      { costUsd: 0.5, costUsdTicks: 1 },
    ],
    [{ outputTokens: 0.5 }, { costUsd: -0.1 }, { costUsd: Infinity }, { costUsdTicks: 0.5 }, []],
  ],
  ['responseId', [text(256)], ['', text(257)]],
  ['latencyMs', [0, 0.5], [-1, Infinity]],
  ['attempts', [1], [0, 1.5]],
  [
    'assurance',
    [{ method: text(64), issuer: text(512), subject: text(512), at: -1 }],
    [{}, { method: '' }, { method: text(65) }, { method: 'x', issuer: text(513) }, { at: 1 }],
  ],
])('%s is taken to its bounds and no further, by hand as by the schema', (field, good, bad) => {
  for (const value of good) {
    const input = { ...agent, [field]: value }
    expect(actorSchema.safeParse(input).success).toBe(true)
    const { actor } = admitActor(input, { mode: 'asserted' })
    expect(actor[field]).toEqual(field === 'assurance' ? { method: 'asserted' } : value)
  }
  for (const value of bad) {
    expect(actorSchema.safeParse({ ...agent, [field]: value }).success).toBe(false)
    expect(pathOfError({ ...agent, [field]: value })).toMatch(new RegExp(`^/${field}`))
  }
})

test('a delegation chain has at most sixteen principals', () => {
  const chain = (length: number): object =>
    length === 1 ? { type: 'human', id: 'alice' } : planner(chain(length - 1))
  expect(pathOfError({ ...agent, onBehalfOf: chain(16) })).toBe('admitted')
  expect(pathOfError({ ...agent, onBehalfOf: chain(17) })).toBe('/onBehalfOf')
})

test('copyActor accepts exactly the actors that the schema accepts', () => {
  const mostly = <T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: fc.jsonValue() })
  const id = mostly(fc.oneof(fc.string({ maxLength: 300 }), fc.constantFrom('', ' ', '\u00a0')))
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

test('an authority vouches only with an assurance', () => {
  const { vouch, vouches } = createAuthority({ name: 'idp' })
  const unknown = undefined as unknown as typeof oidc
  expect(() => vouch(alice, unknown)).toThrow(
    expect.objectContaining({ code: 'invalid_actor', path: '/assurance' }),
  )
  expect(vouches(alice)).toBe(false)
})

test('an authority without a name is refused', () => {
  const unnamed = {} as Parameters<typeof createAuthority>[0]
  expect(() => createAuthority(unnamed)).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/name' }),
  )
})
