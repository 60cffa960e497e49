import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { loopDefinitionSchema } from './definition.ts'
import { readDefinition } from './read-definition.ts'

/** Uses every field that a definition may have. */
const full = {
  id: 'expense.approval',
  version: '2',
  name: 'Expense approval',
  description: 'Who pays what.',
  domain: 'finance',
  states: [
    {
      id: 'OPEN',
      label: 'Open',
      terminal: false,
      error: false,
      timeout: { after: '7d', transition: 'close' },
    },
    { id: 'CLOSED', terminal: true },
  ],
  initialState: 'OPEN',
  transitions: [
    {
      id: 'close',
      from: 'OPEN',
      to: 'CLOSED',
      signal: 'close.requested',
      description: 'It is paid.',
      actors: ['human', 'ai-agent'],
      roles: ['finance'],
      guards: [
        {
          id: 'sure',
          use: 'confidence-threshold',
          with: { threshold: 0.8, nested: [1, null] },
          when: 'true',
          severity: 'soft',
          evaluatedBy: 'module',
          message: 'Not sure enough.',
        },
      ],
      evidence: { type: 'object' },
      approval: {
        when: 'evidence.amount > 100',
        stages: [{ name: 'first', reviewers: ['role:finance'], quorum: 2 }],
        fourEyes: true,
        expiresIn: '24h',
        onExpiry: 'close',
        onReject: 'close',
        remindEvery: '1h',
        escalate: [{ after: '2h', reviewers: ['group:oncall'], channels: ['slack'] }],
        channels: ['slack'],
        allow: ['edit', 'delegate', 'respond'],
      },
      effect: {
        integration: 'bank',
        action: 'pay',
        input: { amount: 'evidence.amount' },
        semantics: 'at-most-once',
        onSuccess: 'close',
        onFailure: 'close',
        maxAttempts: 3,
        timeout: '30s',
      },
      risk: 'high',
    },
  ],
  outcome: {
    id: 'paid',
    description: 'Paid on time.',
    valueUnit: 'EUR',
    measurable: true,
    metrics: [{ id: 'delay', unit: 'd', description: 'Days.' }],
  },
  spawns: ['audit'],
  tags: ['money'],
  maxTransitions: 100,
}

type Path = readonly (string | number)[]

/** Where anything stands in the definition above. */
const places: readonly Path[] = placesOf(full)

const oddValues: readonly unknown[] = [
  [undefined, null, true, 0, 1.5, 100, 101, -1, 2 ** 53, Number.NaN, 10n, Symbol('x')],
  ['', 'x', '-', 'a b', 'é', '😀', '1h', '0s', 'hard', 'system', 'low', 'edit'],
  [' ', ' x', 'role:', 'group: ', 'role: x', 'user:', 'role:x y', 'role', 'team:', '*'],
  [64, 65, 128, 129, 256, 257, 4096, 4097].map((length) => 'x'.repeat(length)),
].flat()

/** Each change puts in its own: the next one may change it. */
const oddities: readonly (() => unknown)[] = [
  ...oddValues.map((value) => () => value),
  () => [],
  () => [undefined],
  () => ['x'],
  () => ({}),
  () => ({ id: 'x' }),
  () => ({ x: 'x' }),
  () => ({ [Symbol('x')]: 'x' }),
  () => JSON.parse('{"__proto__":"x"}') as unknown,
  () => new Date(0),
  () => new Map(),
  () => Object.assign(Object.create({ id: 'inherited' }) as object, { from: 'x' }),
]

interface Change {
  readonly place: Path
  change(parent: Fields, key: string | number): void
}
type Fields = Record<string | number, unknown>

const changes: readonly Change[] = places.flatMap((place) => [
  { place, change: (parent, key) => void delete parent[key] },
  ...oddities.flatMap((make): Change[] => [
    { place, change: (parent, key) => void (parent[key] = make()) },
    { place, change: (parent) => void (parent['added'] = make()) },
  ]),
  ...[16, 17, 1000, 1001].map((length): Change => ({
    place,
    change: (parent, key) => {
      const { [key]: list } = parent
      if (Array.isArray(list)) parent[key] = Array.from({ length }, () => list[0] as unknown)
    },
  })),
])

describe('a definition is read as the schema reads it', () => {
  test('when it uses everything', () => {
    expect(readDefinition(full)).toEqual(loopDefinitionSchema.safeParse(full))
  })

  test('whatever is changed in it', () => {
    for (const change of changes) {
      const { byHand, bySchema } = bothRead([change])
      expect(byHand).toStrictEqual(bySchema)
    }
  })

  test('when two things are changed', () => {
    const some = fc.constantFrom(...changes)
    fc.assert(
      fc.property(some, some, (one, other) => {
        const { byHand, bySchema } = bothRead([one, other])
        expect(byHand).toStrictEqual(bySchema)
      }),
      { numRuns: 2000, seed: 7 },
    )
  })

  test.each([undefined, null, 'x', 7, [], new Date(0)])('when it is %s', (input) => {
    expect(readDefinition(input).success).toBe(false)
  })
})

function bothRead(made: readonly Change[]): { byHand: unknown; bySchema: unknown } {
  const input: Fields = structuredClone(full)
  for (const { place, change } of made) {
    const key = place.at(-1)
    const parent = place.slice(0, -1).reduce<unknown>((at, step) => isFields(at) && at[step], input)
    if (key !== undefined && isFields(parent)) change(parent, key)
  }
  // The order of the fields is the one in which they are written into a file.
  const [byHand, bySchema] = [readDefinition(input), loopDefinitionSchema.safeParse(input)].map(
    ({ success, data }) => ({ success, data, keys: keysIn(data) }),
  )
  return { byHand, bySchema }
}

test('what is read is a copy, in the order of the schema', () => {
  const { id, ...rest } = structuredClone(full)
  const input = { ...rest, id }

  const { data } = readDefinition(input)

  input.states.length = 0
  expect(data?.states).toHaveLength(2)
  expect(Object.keys(data ?? {})).toEqual(Object.keys(full))
})

function placesOf(value: unknown, path: Path = []): Path[] {
  if (!isFields(value)) return [path]
  return [path, ...Object.entries(value).flatMap(([key, item]) => placesOf(item, [...path, key]))]
}

function keysIn(value: unknown): unknown {
  if (!isFields(value)) return null
  return Object.entries(value).map(([key, item]) => [key, keysIn(item)])
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}
