import { isLoopError, type DefinitionProblem } from '@loop-engine/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { parseLoop, type ParseOptions } from './parse.ts'

const yaml = `# An expense
loopId: expense
version: 1.10
states:
  - SUBMITTED
  - { stateId: APPROVED, isTerminal: true }
initial: SUBMITTED
transitions:
  - transitionId: approve
    from: SUBMITTED
    to: APPROVED
    allowedActors: [human]
    guards:
      - limit
    approval:
      reviewers: [role:finance]
`

function problemsOf(text: string, options?: ParseOptions): readonly DefinitionProblem[] {
  try {
    parseLoop(text, options)
  } catch (error) {
    if (isLoopError(error) && error.code === 'invalid_definition') {
      return error.details?.problems as DefinitionProblem[]
    }
    throw error
  }
  return []
}
const found = (text: string, options?: ParseOptions): string[] =>
  problemsOf(text, options).map(({ code, line, column }) => `${line}:${column} ${code}`)
test('YAML in either vocabulary gives a canonical definition', () => {
  expect(parseLoop(yaml)).toMatchObject({
    id: 'expense',
    version: '1.10',
    initialState: 'SUBMITTED',
    transitions: [{ id: 'approve', actors: ['human'], guards: [{ id: 'limit' }] }],
  })
})

test('JSON gives the same definition as YAML, also with tabs and a byte order mark', () => {
  const definition = parseLoop(yaml)

  for (const space of [undefined, 2, '\t']) {
    const text = JSON.stringify(definition, null, space)
    expect(parseLoop(text, { format: 'json' })).toEqual(definition)
    expect(parseLoop(text, { file: 'expense.json' })).toEqual(definition)
  }
  expect(parseLoop(`\uFEFF${yaml}`)).toEqual(definition)
  expect(parseLoop(`\uFEFF${JSON.stringify(definition)}`, { format: 'json' })).toEqual(definition)
})

test('every problem has its line and column, in the spelling of the text, in order', () => {
  const text = yaml.replace('to: APPROVED', 'to: APROVED').replace('- limit', '- limt')
  const guards = new Set(['limit'])

  expect(found(text, { guards })).toEqual(['11:9 unknown_state', '14:9 unknown_guard'])
  expect(found(text.replace('reviewers:', 'reviewer:'))).toEqual([
    '11:9 unknown_state',
    '15:5 missing_field',
    '16:7 unknown_key',
  ])
  expect(found(text.replace('initial:', 'owner: me\ninitial:'))).toEqual([
    '7:1 unknown_key',
    '12:9 unknown_state',
  ])
})

test('the message lists the first problems, each with its position and what was meant', () => {
  const text = yaml.replace('to: APPROVED', 'to: APROVED')

  expect(() => parseLoop(text, { file: 'expense.yaml' })).toThrow(
    'expense.yaml has a problem:\n  11:9 The transition "approve" names the state "APROVED", ' +
      'which is not defined. Did you mean "APPROVED"?',
  )
})

test('a role with a space after its colon, which YAML reads as an object, gets a hint how to write it', () => {
  expect(() => parseLoop(yaml.replace(/reviewers: .*/, 'reviewers: [role: finance]'))).toThrow(
    'Entry 1 of reviewers must be text such as alice, role:finance or group:oncall',
  )
})

test('a JSON error has its line and column', () => {
  expect(found('{"id": "x",\n "id": "y"}', { format: 'json' })[0]).toBe('2:2 syntax')
  expect(found('{"id": "x",\n}', { format: 'json' })).toEqual(['2:1 syntax'])
  expect(found('{"id": "x"\n,"states": 7}', { format: 'json' })).toContain('2:12 wrong_type')
})

test.each([
  ['nothing', '', 'wrong_type'],
  ['two documents', `${yaml}---\nid: y\n`, 'syntax'],
  ['a duplicate key', `${yaml}loopId: expense\n`, 'duplicate_key'],
  ['a tag', 'id: !!binary aGk=\n', 'tag_refused'],
  ['a key that is no text', '1: x\n', 'invalid_key'],
  ['a key named __proto__', '__proto__: {}\n', 'invalid_key'],
  ['a number beyond 2^53', 'maxTransitions: 9007199254740993\n', 'invalid_number'],
  ['infinity', 'maxTransitions: .inf\n', 'invalid_number'],
  ['an anchor', 'id: &a x\n', 'alias_refused'],
  ['a cycle of anchors', 'a: &a [*a]\n', 'alias_refused'],
])('%s is refused', (_, text, code) => {
  expect(problemsOf(text).map((problem) => problem.code)).toContain(code)
})

test('a wrong word or number gets a hint with the values that are allowed', () => {
  const text = yaml.replace(
    'version: 1.10',
    'maxTransitions: 0\noutcome: { id: o, measurable: yes }',
  )

  expect(problemsOf(text)).toMatchObject([
    { code: 'out_of_bounds', message: '"maxTransitions" must be at least 1.' },
    {
      code: 'wrong_type',
      message: '"measurable" must be a boolean.',
      hint: 'Write true or false.',
    },
  ])
})

test.each(['yaml', 'json'] as const)(
  'in %s a version is text, so that 1.10 is not 1.1',
  (format) => {
    const text =
      '{"id":"a","version":1.10,"states":["R",{"id":"S","terminal":true}],"initialState":"R",' +
      '"transitions":[{"id":"go","from":"R","to":"S","actors":["human"]}]}'

    expect(parseLoop(text, { format }).version).toBe('1.10')
    expect(parseLoop(text.replace('1.10', '"v2"'), { format }).version).toBe('v2')
  },
)

test('directives do not change what a text means', () => {
  expect(parseLoop(`%YAML 1.1\n---\n${yaml}name: yes\n`).name).toBe('yes')
})

test.each<[string, string, string, 'json'?]>([
  ['a bomb of aliases', 'a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n', 'alias_refused'],
  ['20,000 open brackets', '['.repeat(20_000), 'too_deep'],
  ['20,000 open braces', '{a: '.repeat(20_000), 'too_deep'],
  ['20,000 dashes', '- '.repeat(20_000), 'too_deep'],
  ['20,000 question marks', '? '.repeat(20_000), 'too_deep'],
  ['10 MB', 'x'.repeat(10_000_000), 'too_large'],
  ['256 KiB and one byte in few characters', 'é'.repeat(131_073), 'too_large'],
  ['500 duplicate keys', 'a: 1\n'.repeat(500), 'duplicate_key'],
  ['20,000 levels of JSON', '{"a":'.repeat(20_000), 'too_deep', 'json'],
])(
  '%s are refused within 50 ms of computing',
  (_, text, code, format: 'yaml' | 'json' = 'yaml') => {
    // The best of three, in time that this thread computed: what else the machine is doing is not measured.
    const durations = [1, 2, 3].map(() => {
      const start = process.threadCpuUsage()
      expect(problemsOf(text, { format })[0]?.code).toBe(code)
      const { user, system } = process.threadCpuUsage(start)
      return (user + system) / 1000
    })

    expect(Math.min(...durations)).toBeLessThan(50)
  },
)

test('a text of countless small parts is refused before it is composed', () => {
  expect(problemsOf(`[${'1,'.repeat(120_000)}]`)).toMatchObject([{ code: 'too_large' }])
})

test('so is JSON', () => {
  const format = 'json'

  expect(problemsOf(`[${'1,'.repeat(120_000)}1]`, { format })).toMatchObject([
    { code: 'too_large' },
  ])
})

test('an argument that is not text is refused as misuse', () => {
  const notText: unknown = 7

  expect(() => parseLoop(notText as string)).toThrow(
    expect.objectContaining({ code: 'invalid_input' }),
  )
})

const fragments = fc.constantFrom(
  ...yaml.split(/(?<=[\s:[\]{},])/),
  ...'&a ,*a,!!x ,|\n,>-\n,",---\n,%YAML 1.1\n,? ,\t,\0,#,\u{feff},<<: ,.nan,1e999,null'.split(','),
  ...'__proto__: ,\u{d800},constructor: '.split(','),
)
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(fragments, { maxLength: 80 }).map((parts) => parts.join('')),
  fc.json(),
  // A sound definition with a piece cut out or put in.
  fc
    .tuple(fc.nat(yaml.length), fc.nat(20), fragments)
    .map(([at, cut, piece]) => yaml.slice(0, at) + piece + yaml.slice(at + cut)),
)

test('every text gives a definition or the error invalid_definition', () => {
  const seed = 35
  const property = fc.property(texts, fc.constantFrom('yaml', 'json'), (text, format) => {
    const problems = problemsOf(text, { format })
    for (const { line, column } of problems) {
      expect(line).toBeGreaterThan(0)
      expect(column).toBeGreaterThan(0)
    }
  })

  fc.assert(property, { seed, numRuns: 3000 })
})
