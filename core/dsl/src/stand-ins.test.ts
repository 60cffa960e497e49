import { isLoopError, type DefinitionProblem } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { defineLoop } from './define-loop.ts'
import { parseLoop } from './parse.ts'

const guards = new Set(['limit'])

const sound = {
  id: 'l',
  states: [
    { id: 'A', timeout: { after: '1d', transition: 'expire' } },
    { id: 'P' },
    { id: 'B', terminal: true },
  ],
  initialState: 'A',
  transitions: [
    {
      id: 'ask',
      from: 'A',
      to: 'P',
      signal: 'ask',
      actors: ['human'],
      guards: [{ id: 'limit', use: 'limit' }],
      approval: {
        stages: [{ reviewers: ['a'], quorum: 1 }],
        expiresIn: '3d',
        remindEvery: '2d',
        escalate: [{ after: '2d', reviewers: ['b'] }],
      },
      effect: { integration: 'crm', action: 'write', onSuccess: 'end' },
    },
    { id: 'end', from: 'P', to: 'B', actors: ['automation'] },
    { id: 'expire', from: 'A', to: 'B', actors: ['system'] },
  ],
  outcome: { id: 'o', metrics: [{ id: 'm' }] },
}
/** Problems in other parts of the loop. */
const lost = { id: 'LOST' }
const astray = { id: 'astray', from: 'A', to: 'NOWHERE', actors: ['human'], guards: ['nobody'] }

function problemsOf(work: () => unknown): readonly DefinitionProblem[] {
  try {
    work()
  } catch (error) {
    if (isLoopError(error)) return error.details?.['problems'] as DefinitionProblem[]
    throw error
  }
  return []
}

/** The loop with another value at a path; without a value, the field is missing. */
function changed(path: string, value: unknown): Record<string, unknown> {
  const copy = structuredClone(sound) as unknown as Record<string, unknown>
  const keys = path.split('/').slice(1)
  const last = keys.pop() ?? ''
  let place = copy
  for (const key of keys) place = place[key] as Record<string, unknown>
  place[last] = value
  return copy
}

test.each(
  [
    '/id',
    '/outcome/id',
    '/outcome/metrics/0',
    '/states/1',
    '/states/1/id',
    '/states/0/timeout/after',
    '/states/0/timeout/transition',
    '/transitions/1',
    '/transitions/1/id',
    '/transitions/0/from',
    '/transitions/0/to',
    '/transitions/0/actors',
    '/transitions/0/guards/0',
    '/transitions/0/guards/0/id',
    '/transitions/0/approval/stages',
    '/transitions/0/approval/stages/0',
    '/transitions/0/approval/escalate/0/after',
    '/transitions/0/effect/integration',
    '/transitions/0/effect/action',
  ].flatMap((path) => [
    [path, undefined],
    [path, 'b a d'],
    [path, 7],
  ]),
)('%s as %j hides no problem in other parts of the loop', (path, value) => {
  const wrong = changed(path as string, value)
  const states = [...(wrong['states'] as object[]), lost]
  const transitions = [...(wrong['transitions'] as object[]), astray]

  const problems = problemsOf(() =>
    defineLoop({ ...wrong, states, transitions } as never, { guards }),
  )

  const found = problems.map((problem) => `${problem.code} ${problem.path}`)
  expect(problems.filter((problem) => problem.path.startsWith(path as string))).not.toEqual([])
  expect(found).toEqual(
    expect.arrayContaining([
      'dead_end /states/3',
      'unreachable_state /states/3',
      'unknown_state /transitions/3/to',
      'unknown_guard /transitions/3/guards/0/id',
    ]),
  )
  expect(new Set(found).size).toBe(found.length)
})

test.each([
  ['/states/0/timeout/transition', undefined],
  ['/states/2/terminal', 'yes'],
  ['/states/0/terminal', 'no'],
  ['/transitions/0/actors', 'human'],
  ['/transitions/0/guards/0/use', 'b a d'],
  ['/transitions/0/approval/expiresIn', '3 days'],
  ['/transitions/0/approval/escalate/0/after', undefined],
  ['/transitions/0/effect/integration', undefined],
  ['/outcome/id', 7],
])('%s as %j is the only problem of a loop that is sound', (path, value) => {
  const problems = problemsOf(() => defineLoop(changed(path, value) as never, { guards }))

  expect(problems.map((problem) => problem.path)).toHaveLength(1)
  expect(problems[0]?.path.startsWith(path)).toBe(true)
})

test('an approval policy that cannot be read is not also reported as missing', () => {
  const needs = ['approvals'] as const
  const [ask, end, expire] = sound.transitions
  const transitions = [
    { ...ask, approval: 5 },
    { ...end, guards: [{ id: 'two-pairs', with: { transition: 'ask' } }] },
    expire,
  ]
  const options = { guards: new Map([...guards, 'two-pairs'].map((id) => [id, { needs }])) }
  const problems = problemsOf(() => defineLoop({ ...sound, transitions } as never, options))

  expect(problems.map(({ path }) => path)).toEqual(['/transitions/0/approval'])
})

test('two transitions without an id are not said to have the same signal', () => {
  const transitions = [
    { ...astray, id: undefined },
    { ...astray, id: 'b a d' },
  ]
  const problems = problemsOf(() => defineLoop({ ...sound, transitions } as never))

  expect(problems.map(({ code }) => code)).not.toContain('ambiguous_signal')
})

test('duplicate keys in JSON hide no other problem', () => {
  const text =
    '{"id":"l","id":"m",\n"states":["A"],"states":["A"],\n"initialState":"Q","transitions":[]}'
  const problems = problemsOf(() => parseLoop(text, { format: 'json' }))

  expect(problems.map(({ code, line }) => `${line} ${code}`)).toEqual([
    '1 syntax',
    '2 syntax',
    '2 dead_end',
    '2 unreachable_state',
    '3 unknown_initial',
  ])
})

test('duplicate keys in YAML hide no other problem', () => {
  const text = 'id: l\nid: m\nstates: [A]\ninitialState: Q\ntransitions: []\n'
  const problems = problemsOf(() => parseLoop(text))

  expect(problems.map(({ code, line }) => `${line} ${code}`)).toEqual([
    '2 duplicate_key',
    '3 no_terminal',
    '3 dead_end',
    '3 unreachable_state',
    '4 unknown_initial',
  ])
})
