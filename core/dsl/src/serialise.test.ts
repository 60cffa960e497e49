import { actorTypes, type LoopDefinition } from '@loop-engine/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { defineLoop, definitionDigest } from './define-loop.ts'
import { normalise } from './normalise.ts'
import { parseLoop } from './parse.ts'
import { serialiseLoop } from './serialise.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => value.isWellFormed())
const id = fc.stringMatching(/^[A-Za-z0-9$_][A-Za-z0-9$_.:\-/]{0,12}$/)
const json = fc
  .dictionary(text, fc.jsonValue({ maxDepth: 2, stringUnit: 'grapheme' }), { maxKeys: 4 })
  .map((value) => JSON.parse(JSON.stringify(value)) as object)
  .filter((value) => !JSON.stringify(value).includes('__proto__'))
const duration = fc.constantFrom('500ms', '30s', '1.5h', '7d')

const guards = fc.uniqueArray(
  fc.record(
    { id, with: json, severity: fc.constantFrom('hard', 'soft'), message: text },
    { requiredKeys: ['id'] },
  ),
  { selector: (guard) => guard.id, maxLength: 3 },
)
const approval = fc.record(
  {
    reviewers: fc.array(
      id.map((name) => `role:${name}`),
      { minLength: 1, maxLength: 3 },
    ),
    quorum: fc.integer({ min: 1, max: 9 }),
    expiresIn: duration,
    fourEyes: fc.boolean(),
    when: text.filter((value) => value !== ''),
    remindEvery: fc.constant('250ms'), // No request expires sooner.
  },
  { requiredKeys: ['reviewers'] },
)
const effect = fc.record(
  { integration: id, action: id, input: fc.dictionary(id, fc.constant('evidence.x')) },
  { requiredKeys: ['integration', 'action'] },
)
const transition = fc.record(
  {
    description: text,
    actors: fc.subarray([...actorTypes], { minLength: 1 }),
    roles: fc.array(id, { minLength: 1, maxLength: 2 }),
    guards,
    evidence: json,
    approval: fc.oneof(fc.boolean(), approval),
    effect,
    risk: fc.constantFrom('low', 'critical'),
  },
  { requiredKeys: ['actors'] },
)

/** Loops that run along a line of states, so that each is reached and the last is the end. */
const definitions: fc.Arbitrary<LoopDefinition> = fc
  .record({
    id,
    version: text.filter((value) => value !== ''),
    name: text,
    description: text,
    states: fc.uniqueArray(id, { minLength: 2, maxLength: 6 }),
    steps: fc.array(transition, { minLength: 5, maxLength: 5 }),
    tags: fc.array(
      text.filter((value) => value !== ''),
      { maxLength: 3 },
    ),
  })
  .map(({ states, steps, ...loop }) => {
    const last = states.length - 1
    const { definition, problems } = normalise({
      ...loop,
      states: states.map((state, index) =>
        index === last ? { id: state, terminal: true } : state,
      ),
      initialState: states[0],
      transitions: steps.slice(0, last).map((step, index) => ({
        ...step,
        id: `t${index}`,
        from: states[index],
        to: states[index + 1],
      })),
    })
    if (!definition) throw new Error(JSON.stringify(problems))
    return definition
  })

test.each(['yaml', 'json'] as const)('%s: serialise and parse is the identity', (format) => {
  const property = fc.property(definitions, (definition) => {
    const again = parseLoop(serialiseLoop(definition, format), { format })

    expect(again).toEqual(definition)
    expect(definitionDigest(again)).toBe(definitionDigest(definition))
  })

  fc.assert(property, { seed: 1, numRuns: 300 })
})

test.each(['yaml', 'json'] as const)(
  '%s: a definition of the greatest depth is read again',
  (format) => {
    const nested = (levels: number): object =>
      Array.from({ length: levels }).reduce<object>((inner) => ({ inner }), {})
    const deep = (levels: number): LoopDefinition =>
      defineLoop({
        id: 'x',
        states: ['A', { id: 'B', terminal: true }],
        initialState: 'A',
        transitions: [
          { id: 'go', from: 'A', to: 'B', actors: ['human'], evidence: nested(levels) as never },
        ],
      })
    expect(() => deep(61)).toThrow('has a problem')

    expect(parseLoop(serialiseLoop(deep(60), format), { format })).toEqual(deep(60))
  },
)

test.each([
  // By its text, laid out and as one line; by its parts; and by both.
  [{ text: 'x'.repeat(262_144 - 219) }, { text: 'x'.repeat(262_144 - 218) }],
  [{ lines: 'x\n'.repeat(80_000) }, { lines: 'x\n'.repeat(90_000) }],
  [{ parts: Array(39_900).fill(1) }, { parts: Array(40_000).fill(1) }],
  [{ letters: 'é'.repeat(130_000) }, { letters: 'é'.repeat(131_000) }],
])('as large as a definition may be, it is read again: case %#', (most, more) => {
  const large = (evidence: object): LoopDefinition =>
    defineLoop({
      id: 'x',
      states: ['A', { id: 'B', terminal: true }],
      initialState: 'A',
      transitions: [
        { id: 'go', from: 'A', to: 'B', actors: ['human'], evidence: evidence as never },
      ],
    })

  for (const format of ['yaml', 'json'] as const)
    expect(parseLoop(serialiseLoop(large(most), format), { format })).toEqual(large(most))
  expect(() => large(more)).toThrow(
    expect.objectContaining({
      code: 'invalid_definition',
      details: { problems: [expect.objectContaining({ code: 'too_large', path: '' })] },
    }),
  )
})

test('the digest does not depend on the spelling, and changes with every value', () => {
  const loop = {
    states: ['A', { id: 'B', terminal: true }],
    initialState: 'A',
    transitions: [{ id: 'go', from: 'A', to: 'B', actors: ['human' as const] }],
  }

  const digest = definitionDigest(defineLoop({ id: 'x', ...loop }))

  expect(digest).toMatch(/^[0-9a-f]{64}$/)
  expect(definitionDigest(defineLoop({ loopId: 'x', ...loop }))).toBe(digest)
  expect(definitionDigest(defineLoop({ id: 'x', version: '2', ...loop }))).not.toBe(digest)
})

test.each(['toml', 'JSON', '', null])(
  'the format %j is refused by both serialiseLoop and parseLoop',
  (format) => {
    const unknown = format as 'json'
    const definition = defineLoop({
      id: 'x',
      states: ['A', { id: 'B', terminal: true }],
      initialState: 'A',
      transitions: [{ id: 'go', from: 'A', to: 'B', actors: ['human'] }],
    })
    const refused = expect.objectContaining({
      code: 'invalid_input',
      path: '/format',
      hint: 'Write yaml or json.',
    })

    expect(() => serialiseLoop(definition, unknown)).toThrow(refused)
    expect(() => parseLoop('{}', { format: unknown })).toThrow(refused)
  },
)

test('texts that YAML could read as another type stay texts', () => {
  const definition = defineLoop({
    id: 'null',
    version: '1.0',
    name: 'no: &a *b # !!c\n--- ',
    states: ['true', { id: '007', terminal: true }],
    initialState: 'true',
    transitions: [{ id: '1e3', from: 'true', to: '007', actors: ['human'] }],
  })

  expect(parseLoop(serialiseLoop(definition, 'yaml'))).toEqual(definition)
})
