import { expect, test } from 'vitest'

import { judgeLoop } from './define-loop.ts'
import { createInputSchema } from './input-schema.ts'
import { normalise } from './normalise.ts'

const canonical = {
  id: 'x',
  states: [{ id: 'A' }, { id: 'B', terminal: true, error: true }],
  initialState: 'A',
  transitions: [
    {
      id: 'go',
      from: 'A',
      to: 'B',
      actors: ['ai-agent'],
      guards: [{ id: 'limit', with: { max: 5 }, message: 'Too much.' }],
    },
  ],
  spawns: ['y'],
}
const other = {
  loopId: 'x',
  states: ['A', { stateId: 'B', isTerminal: true, isError: true }],
  initial: 'A',
  transitions: [
    {
      transitionId: 'go',
      from: 'A',
      to: 'B',
      allowedActors: ['ai-agent'],
      guards: [{ guardId: 'limit', parameters: { max: 5 }, failureMessage: 'Too much.' }],
    },
  ],
  spawnableLoops: ['y'],
}
const withTransition = (fields: object): object => ({
  ...canonical,
  transitions: [{ ...canonical.transitions[0], ...fields }],
})
const transitionOf = (fields: object): unknown =>
  normalise(withTransition(fields)).definition?.transitions[0]

test.each([
  { risk: 'hihg' },
  { actors: ['humn'] },
  { actors: [] },
  { roles: 'finance' },
  { roles: [] },
  { description: 5 },
  { guards: [{ id: 'a', severity: 'firm' }] },
  { approval: { reviewers: [5], expiresIn: 'soon' } },
  { approval: { reviewers: 'ann', escalate: [{ after: 'soon', reviewers: 'bob' }] } },
  { effect: { integration: 'crm', action: 'note', semantics: 'once', maxAttempts: 0 } },
])('a field that is wrong does not hide what is wrong elsewhere: %j', (wrong) => {
  const go = { id: 'go', from: 'A', to: 'B', actors: ['human'] }
  const loop = {
    id: 'x',
    states: ['A', { id: 'B', terminal: true }, 'A'],
    initialState: 'A',
    transitions: [
      { ...go, ...wrong },
      { ...go, id: 'other', to: 'NOWHERE' },
    ],
  }

  const codes = judgeLoop(loop, {}).problems.map(({ code, path }) => `${code} ${path}`)

  expect(codes.slice(-2)).toEqual([
    'duplicate_state /states/2/id',
    'unknown_state /transitions/1/to',
  ])
  expect(codes.length).toBeGreaterThan(2)
  expect(codes.slice(0, -2).every((problem) => problem.includes(' /transitions/0/'))).toBe(true)
})

test('both vocabularies give the same definition, with the defaults filled in', () => {
  const { definition, problems } = normalise(other)

  expect(problems).toEqual([])
  expect(definition).toEqual(normalise(canonical).definition)
  expect(definition).toMatchObject({
    version: '1',
    name: 'x',
    transitions: [{ signal: 'go', guards: [{ severity: 'hard', evaluatedBy: 'runtime' }] }],
  })
})

test('a definition is deeply frozen and shares no object with its input', () => {
  const input = structuredClone(canonical)
  const { definition } = normalise(input)
  const guard = definition?.transitions[0]?.guards[0]

  expect(Object.isFrozen(guard?.with)).toBe(true)
  expect(guard?.with).not.toBe(input.transitions[0]?.guards[0]?.with)
})

test('normalising twice changes nothing', () => {
  const { definition } = normalise(other)

  expect(normalise(definition)).toEqual({ definition, problems: [] })
})

test('a field in two spellings is accepted only when they agree', () => {
  expect(normalise({ ...canonical, loopId: 'x' }).problems).toEqual([])
  expect(normalise({ ...canonical, loopId: 'z' }).problems).toEqual([
    {
      code: 'conflicting_spelling',
      path: '/loopId',
      message: '"id" and "loopId" are two names of one field, and their values differ.',
      hint: 'Keep "id".',
    },
  ])
})

test.each([
  [true, [{ reviewers: ['*'], quorum: 1 }]],
  [{ reviewers: 'role:cfo' }, [{ reviewers: ['role:cfo'], quorum: 1 }]],
  [{ reviewers: ['a', 'b'], quorum: 2 }, [{ reviewers: ['a', 'b'], quorum: 2 }]],
  [{ stages: [{ reviewers: 'a' }] }, [{ reviewers: ['a'], quorum: 1 }]],
])('the approval %j has stages and is safe by default', (approval, stages) => {
  expect(transitionOf({ approval })).toMatchObject({
    approval: { stages, fourEyes: true, expiresIn: '24h' },
  })
})

test('approval: false is no approval', () => {
  expect(transitionOf({ approval: false })).not.toHaveProperty('approval')
})

test.each(['', ' ', 'role:', 'group: ', 'user:', 'role: finance'])(
  'the reviewer %j, which names nobody, is refused with one problem',
  (nobody) => {
    const approval = {
      stages: [{ reviewers: ['ann', nobody], quorum: 2 }],
      escalate: [{ after: '1h', reviewers: nobody }],
    }

    const at = '/transitions/0/approval'
    const rule = 'must name somebody, such as alice or role:finance.'
    expect(normalise(withTransition({ approval })).problems).toEqual([
      {
        code: 'invalid_value',
        path: `${at}/stages/0/reviewers/1`,
        message: `Entry 2 of reviewers ${rule}`,
      },
      {
        code: 'invalid_value',
        path: `${at}/escalate/0/reviewers/0`,
        message: `Entry 1 of reviewers ${rule}`,
      },
    ])
  },
)

test('stages beside reviewers are refused', () => {
  const approval = { reviewers: ['a'], stages: [{ reviewers: ['b'] }] }

  expect(normalise(withTransition({ approval })).problems).toMatchObject([
    { code: 'conflicting_spelling', path: '/transitions/0/approval/stages' },
  ])
})

test('an effect is idempotent and a guard hard by default', () => {
  expect(
    transitionOf({ guards: 'limit', effect: { integration: 'crm', action: 'write' } }),
  ).toMatchObject({
    guards: [{ id: 'limit', severity: 'hard', evaluatedBy: 'runtime' }],
    effect: { semantics: 'idempotent' },
  })
})

test('all problems of the shape are found at once', () => {
  const { problems } = normalise({
    id: 'x y',
    states: [7],
    initialState: 'A',
    transitions: [{ id: 'go', from: 'A', to: 'B', guard: [] }],
    outcmoe: {},
  })

  expect(problems.map(({ code, path, hint }) => [code, path, hint])).toEqual(
    expect.arrayContaining([
      ['invalid_value', '/id', undefined],
      ['wrong_type', '/states/0', undefined],
      ['missing_field', '/transitions/0/actors', undefined],
      ['unknown_key', '/transitions/0/guard', 'Did you mean "guards"?'],
      ['unknown_key', '/outcmoe', 'Did you mean "outcome"?'],
    ]),
  )
})

test('a duration that is a number gets the same hint as a misspelt one', () => {
  for (const expiresIn of [3600, '1 hour', null])
    expect(normalise(withTransition({ approval: { reviewers: 'a', expiresIn } }))).toMatchObject({
      problems: [{ message: '"expiresIn" must be a duration such as 30s, 5m, 2h or 7d.' }],
    })
})

test('a definition whose only problems are unknown keys is checked further', () => {
  const { definition, problems } = normalise({ ...canonical, ownr: 'me' })

  expect(definition).toEqual(normalise(canonical).definition)
  expect(problems).toMatchObject([{ code: 'unknown_key', path: '/ownr' }])
})

test('an empty name or signal is refused, here and by the published schema', () => {
  expect(normalise({ ...canonical, name: null }).problems).toMatchObject([{ path: '/name' }])
  expect(normalise(withTransition({ signal: null })).problems).toMatchObject([
    { code: 'wrong_type', path: '/transitions/0/signal' },
  ])
})

test('a value that is not JSON is refused with its path', () => {
  const { problems } = normalise(withTransition({ evidence: { limit: Number.NaN } }))

  expect(problems).toMatchObject([{ code: 'not_json', path: '/transitions/0/evidence/limit' }])
})

test.each([undefined, null, 'x', 7, [], new Date(0), () => 1])('%s is not a loop', (input) => {
  expect(normalise(input)).toMatchObject({ definition: null })
})

test('the input schema accepts both vocabularies and the shorthands', () => {
  const shorthands = withTransition({ guards: 'limit', approval: { reviewers: 'a' } })

  for (const input of [canonical, other, shorthands]) {
    expect(createInputSchema().safeParse(input).error).toBeUndefined()
  }
})
