import { LoopError, type LoopDefinition } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { normalise } from './normalise.ts'
import { validateLoop, type ValidateOptions } from './validate.ts'

const approve = { id: 'approve', from: 'OPEN', to: 'DONE', actors: ['human'] }
const expire = { id: 'expire', from: 'OPEN', to: 'DONE', actors: ['system'] }
const base = {
  id: 'x',
  states: ['OPEN', { id: 'DONE', terminal: true }] as unknown[],
  initialState: 'OPEN',
  transitions: [approve] as object[],
}

function loop(fields: Partial<typeof base>): LoopDefinition {
  const { definition, problems } = normalise({ ...base, ...fields })
  expect(problems).toEqual([])
  if (!definition) throw new Error('The test has no definition.')
  return definition
}
const found = (fields: Partial<typeof base>, options?: ValidateOptions): string[] =>
  validateLoop(loop(fields), options).map(({ code, path }) => `${code} ${path}`)
const one = (fields: object, options?: ValidateOptions): string[] =>
  found({ transitions: [{ ...approve, ...fields }] }, options)

test('a sound loop has no problems', () => {
  expect(found({})).toEqual([])
})

test('a missing CEL library is not reported as a wrong expression', () => {
  const missing = new LoopError('invalid_config', 'The library could not be loaded.')
  const compileExpression = (): never => {
    throw missing
  }

  expect(() =>
    one({ approval: { when: 'true', reviewers: 'ann' } }, { compileExpression }),
  ).toThrow(missing)
})

test.each<[string, Partial<typeof base>]>([
  ['duplicate_state /states/2/id', { states: [...base.states, 'OPEN'] }],
  ['unknown_initial /initialState', { initialState: 'OPN' }],
  ['unknown_state /transitions/1/to', { transitions: [approve, { ...expire, to: 'DON' }] }],
  ['unknown_state /transitions/1/from', { transitions: [approve, { ...expire, from: 'O' }] }],
  ['duplicate_transition /transitions/1/id', { transitions: [approve, approve] }],
  [
    'ambiguous_signal /transitions/1/signal',
    { transitions: [approve, { ...expire, signal: 'approve' }] },
  ],
  [
    'ambiguous_signal /transitions/0/signal',
    {
      transitions: [
        { ...approve, signal: 'expire' },
        { ...expire, signal: 'late' },
      ],
    },
  ],
  [
    'transition_from_terminal /transitions/1/from',
    { transitions: [approve, { ...expire, from: 'DONE' }] },
  ],
])('%s', (problem, fields) => {
  expect(found(fields)).toEqual([problem])
})

test('states that lead nowhere and states that nothing leads to are problems', () => {
  expect(found({ states: [...base.states, 'LOST'] })).toEqual([
    'dead_end /states/2',
    'unreachable_state /states/2',
  ])
})

test('a misspelt state hides no other problem, and the state that it meant is not called unreachable', () => {
  const again = { ...approve, id: 'again', to: 'OPEN' }

  expect(found({ transitions: [{ ...approve, to: 'DON' }] })).toEqual([
    'unknown_state /transitions/0/to',
  ])
  expect(
    found({
      states: [...base.states, 'LOST'],
      transitions: [again, { ...approve, to: 'ELSEWHERE' }, { ...expire, from: 'LOST' }],
    }),
  ).toEqual([
    'unknown_state /transitions/1/to',
    'unreachable_state /states/1',
    'unreachable_state /states/2',
    'no_reachable_terminal /initialState',
  ])
})

test('a loop must be able to end', () => {
  const again = { ...approve, to: 'OPEN' }

  expect(found({ states: ['OPEN'], transitions: [again] })).toEqual(['no_terminal /states'])
  expect(found({ transitions: [again] })).toEqual([
    'unreachable_state /states/1',
    'no_reachable_terminal /initialState',
  ])
})

test('the initial state must not be terminal', () => {
  expect(found({ initialState: 'DONE', transitions: [] })).toEqual([
    'initial_terminal /initialState',
    'dead_end /states/0',
    'unreachable_state /states/0',
  ])
})

test('a terminal state must be reachable from every state', () => {
  const states = ['OPEN', 'LATE', 'LATER', base.states[1]]
  const leading = (...pairs: [from: string, to: string][]): object[] =>
    pairs.map(([from, to]) => ({ ...approve, id: `${from}-${to}`, from, to }))
  const trap = leading(['OPEN', 'DONE'], ['OPEN', 'LATE'], ['LATE', 'LATER'], ['LATER', 'LATE'])

  expect(found({ states, transitions: trap })).toEqual(['dead_end /states/1', 'dead_end /states/2'])
  expect(found({ states, transitions: [...trap, ...leading(['LATER', 'DONE'])] })).toEqual([])
  expect(found({ states, transitions: [...trap, ...leading(['LATER', 'X'])] })).toEqual([
    'unknown_state /transitions/4/to',
  ])
  expect(found({ states, transitions: trap.toSpliced(1, 1) })).toEqual([
    'unreachable_state /states/1',
    'unreachable_state /states/2',
  ])
})

test('an error state must be terminal', () => {
  const again = { ...approve, id: 'again', from: 'BAD', to: 'DONE' }
  const states = ['OPEN', { id: 'BAD', error: true }, base.states[1]]

  expect(found({ states, transitions: [{ ...approve, to: 'BAD' }, again] })).toEqual([
    'error_not_terminal /states/1/error',
  ])
})

test('a timeout takes a transition that leaves its state and that the system may take', () => {
  const timed = (transition: string): unknown[] => [
    { id: 'OPEN', timeout: { after: '1h', transition } },
    'LATER',
    base.states[1],
  ]
  const late = { id: 'late', from: 'LATER', to: 'DONE', actors: ['system'] }
  const wait = { id: 'wait', from: 'OPEN', to: 'LATER', actors: ['human'] }
  const transitions = [approve, late, wait, expire]

  expect(found({ states: timed('expire'), transitions })).toEqual([])
  expect(found({ states: timed('late'), transitions })).toEqual([
    'timeout_not_from_state /states/0/timeout/transition',
  ])
  expect(found({ states: timed('wait'), transitions })).toEqual([
    'follow_up_actor /states/0/timeout/transition',
  ])
  expect(found({ states: timed('lat'), transitions })).toEqual([
    'unknown_transition /states/0/timeout/transition',
  ])
})

test('a follow-up of an effect leaves the target state; a follow-up of an approval leaves the source state', () => {
  const effect = { integration: 'crm', action: 'write', onSuccess: 'expire', onFailure: 'approve' }
  const approval = { reviewers: ['a'], onReject: 'approve', onExpiry: 'expire' }

  expect(found({ transitions: [{ ...approve, effect, approval }, expire] })).toEqual([
    'follow_up_not_from_state /transitions/0/effect/onSuccess',
    'follow_up_actor /transitions/0/effect/onSuccess',
    'follow_up_not_from_state /transitions/0/effect/onFailure',
    'follow_up_actor /transitions/0/effect/onFailure',
    'follow_up_actor /transitions/0/approval/onReject',
  ])
})

test('a follow-up must not require a role, because its actor has none', () => {
  const states = [{ id: 'OPEN', timeout: { after: '1h', transition: 'expire' } }, base.states[1]]

  expect(found({ states, transitions: [approve, { ...expire, roles: ['finance'] }] })).toEqual([
    'follow_up_role /states/0/timeout/transition',
  ])
})

test('a quorum needs that many named people, unless a role may stand for many', () => {
  expect(one({ approval: { reviewers: ['a', 'user:a'], quorum: 2 } })).toEqual([
    'impossible_quorum /transitions/0/approval/stages/0/quorum',
  ])
  expect(one({ approval: { reviewers: ['a', 'A', 'USER:a'], quorum: 2 } })).toHaveLength(1)
  expect(one({ approval: { reviewers: ['a', 'role:b'], quorum: 2 } })).toEqual([])
})

test.each<[rows: string[][], at: number[]]>([
  [[['ann'], ['user:Ann']], [1]],
  [[['ann', 'bob'], ['ann'], ['bob']], [0]],
  [[['ann'], ['ann'], ['bob', 'cyd']], [1]],
  [[['ann', 'bob'], ['ann']], []],
  [
    [
      ['ann', 'bob'],
      ['bob', 'cyd'],
      ['ann', 'bob'],
    ],
    [],
  ],
  [[['ann'], ['ann', 'role:finance']], []],
])('whoever approves at one stage has no vote at another: of %j it cannot be at %j', (rows, at) => {
  const stages = rows.map((reviewers) => ({ reviewers }))

  expect(one({ approval: { stages } })).toEqual(
    at.map((index) => `impossible_quorum /transitions/0/approval/stages/${index}/quorum`),
  )
})

test('people named at a stage that has enough do not fill the quorum of another stage', () => {
  const stages = [
    { reviewers: ['ann', 'bob', 'cyd'] },
    { reviewers: ['dan', 'eve', 'fay'], quorum: 3 },
    { reviewers: ['dan', 'eve', 'fay', 'DAN'] },
  ]

  expect(one({ approval: { stages } })).toEqual([
    'impossible_quorum /transitions/0/approval/stages/2/quorum',
  ])
})

test('reviewers whom an escalation adds may approve at any stage', () => {
  const quorumOf = (reviewers: string[], ...stages: object[]): string[] =>
    one({ approval: { stages, escalate: [{ after: '1h', reviewers }] } })

  expect(quorumOf(['bob'], { reviewers: ['ann'], quorum: 2 })).toEqual([])
  expect(quorumOf(['role:board'], { reviewers: ['ann'], quorum: 3 })).toEqual([])
  expect(quorumOf(['bob'], { reviewers: ['ann'] }, { reviewers: ['ann'] })).toEqual([])
  expect(quorumOf(['ann'], { reviewers: ['ann'] }, { reviewers: ['ann'] })).toHaveLength(1)
})

test('a role or group with a misspelt prefix is a problem, because it would be read as a person', () => {
  const problemsOf = (approval: object): object[] =>
    validateLoop(loop({ transitions: [{ ...approve, approval }] }))
  const [first, ...others] = [
    'roles:finance',
    'Role:finance',
    'group : ops',
    'GROUPS:ops',
    '‘role:x’',
    'Role:',
  ]
  const reviewers = [
    'role:finance',
    'group:on call',
    "group:o'brien",
    'user:roles',
    'roles',
    'rolex:7',
  ]

  expect(problemsOf({ reviewers })).toEqual([])
  expect(problemsOf({ reviewers: ['*', first] })).toEqual([
    {
      code: 'misspelt_reviewer',
      path: '/transitions/0/approval/stages/0/reviewers/1',
      message: '"roles:finance" would be the id of a person, not a role.',
      hint: 'Write "role:finance".',
    },
  ])
  const escalate = others.map((reviewer) => ({ after: '1h', reviewers: [reviewer] }))
  expect(problemsOf({ reviewers: 'a', escalate })).toMatchObject([
    { path: '/transitions/0/approval/escalate/0/reviewers/0', hint: 'Write "role:finance".' },
    { hint: 'Write "group:ops".' },
    { hint: 'Write "group:ops".' },
    { hint: 'Write "role:x".' },
    { hint: 'Write "role:…".' },
  ])
})

test('reminders and escalations must come before the request expires', () => {
  const reviewers = ['role:finance']
  const rungs = (...after: readonly string[]) => after.map((each) => ({ after: each, reviewers }))
  const timers = (approval: object): string[] => one({ approval: { reviewers, ...approval } })

  expect(timers({ escalate: rungs('23h'), remindEvery: '12h' })).toEqual([])
  expect(timers({ expiresIn: '2h', escalate: rungs('1h', '120m', '1d') })).toEqual([
    'escalation_after_expiry /transitions/0/approval/escalate/1/after',
    'escalation_after_expiry /transitions/0/approval/escalate/2/after',
  ])
  expect(timers({ remindEvery: '1d' })).toEqual([
    'reminder_after_expiry /transitions/0/approval/remindEvery',
  ])
})

test('guards must be registered, under ids of their own, with parameters that fit', () => {
  const check = ({ max }: { readonly max?: unknown }): string[] =>
    typeof max === 'number' ? [] : ['max must be a number.']
  const guards = [
    'limit',
    { id: 'limit', with: { max: 1 } },
    { id: 'second', use: 'limits' },
    { id: 'third', when: 'evidence.ok', use: 'limit' },
    { id: 'fourth', when: 'evidence.ok' },
  ]

  expect(one({ guards }, { guards: new Map([['limit', { check }]]) })).toEqual([
    'duplicate_guard /transitions/0/guards/1/id',
    'invalid_guard_parameters /transitions/0/guards/0/with',
    'unknown_guard /transitions/0/guards/2/use',
    'conflicting_guard /transitions/0/guards/3',
  ])
  expect(one({ guards: ['limt'] }, { guards: new Set(['limit']) })).toEqual([
    'unknown_guard /transitions/0/guards/0/id',
  ])
})

test('a guard that looks back must ask about a transition of the loop', () => {
  const guards = new Map([
    ['cooldown', { needs: ['last-executed'] as const }],
    ['route', {}],
  ])
  const asking = (use: string, transition: string): string[] =>
    one({ guards: [{ id: 'g', use, with: { transition } }] }, { guards })

  expect(asking('cooldown', 'aprove')).toEqual([
    'unknown_transition /transitions/0/guards/0/with/transition',
  ])
  const asked = { id: 'cooldown', with: { transition: 'aprove' } }
  const transitions = [{ ...approve, guards: [asked] }]
  expect(validateLoop(loop({ transitions }), { guards })).toMatchObject([
    { code: 'unknown_transition', hint: 'Did you mean "approve"?' },
  ])
  expect(asking('cooldown', 'approve')).toEqual([])
  expect(asking('route', 'by-train')).toEqual([])
})

test('the prefix role: is refused where a plain role is expected', () => {
  const transitions = [{ ...approve, roles: ['finance', 'role:finance', 'role:'] }]

  expect(validateLoop(loop({ transitions }))).toMatchObject([
    { code: 'misspelt_role', path: '/transitions/0/roles/1', hint: 'Write "finance".' },
    { code: 'misspelt_role', path: '/transitions/0/roles/2', hint: 'Write "…".' },
  ])
})

test('a guard that asks who approved must ask about a transition that needs approval', () => {
  const guards = new Map([['two-pairs', { needs: ['approvals'] as const }]])
  const asking = { ...approve, guards: [{ id: 'two-pairs', with: { transition: 'again' } }] }
  const again = { ...approve, id: 'again', to: 'OPEN' }
  const held = { ...again, approval: true }

  expect(found({ transitions: [asking, held] }, { guards })).toEqual([])
  expect(found({ transitions: [asking, again] }, { guards })).toEqual([
    'never_approved /transitions/0/guards/0/with/transition',
  ])
})

test.each([
  ['approval-obtained', ['never_approved /transitions/0/guards/0/with/transition']],
  ['four-eyes', ['never_approved /transitions/0/guards/0/with/transition']],
  ['rejected-twice', []],
])(
  '%s about the very transition that it guards, whose approval comes after its guards',
  (id, problems) => {
    const guards = new Map([[id, { needs: ['approvals'] as const }]])

    expect(
      one({ approval: true, guards: [{ id, with: { transition: 'approve' } }] }, { guards }),
    ).toEqual(problems)
    expect(one({ approval: true, guards: [id] }, { guards })).toEqual([])
  },
)

test('a guard that asks for more people than the quorums add up to is a problem', () => {
  const guards = new Map([['two-pairs', { needs: ['approvals'] as const }]])
  const stages = [
    { reviewers: ['role:a'], quorum: 1 },
    { reviewers: ['role:b'], quorum: 2 },
  ]
  const held = { ...approve, id: 'again', to: 'OPEN', approval: { stages } }
  const asking = (people: number): string[] => {
    const guard = { id: 'two-pairs', with: { transition: 'again', people } }
    return found({ transitions: [{ ...approve, guards: [guard] }, held] }, { guards })
  }

  expect(asking(3)).toEqual([])
  expect(asking(4)).toEqual(['never_approved /transitions/0/guards/0/with/people'])
})

test('a guard whose check throws is a problem, not a crash', () => {
  const check = (): string[] => {
    throw new Error('boom')
  }

  expect(one({ guards: 'limit' }, { guards: new Map([['limit', { check }]]) })).toEqual([
    'invalid_guard_parameters /transitions/0/guards/0/with',
  ])
})

test('integrations, actions and channels must be registered', () => {
  const integrations = new Map([['crm', { actions: { write: {} } }]])
  const effect = (integration: string, action: string): object => ({
    effect: { integration, action },
  })
  const approval = {
    reviewers: ['role:a'],
    channels: ['slack'],
    escalate: [{ after: '1h', reviewers: ['b'], channels: ['pager'] }],
  }

  expect(one(effect('crm', 'write'), { integrations })).toEqual([])
  expect(one(effect('crn', 'write'), { integrations })).toEqual([
    'unknown_integration /transitions/0/effect/integration',
  ])
  expect(one(effect('crm', 'toString'), { integrations })).toEqual([
    'unknown_action /transitions/0/effect/action',
  ])
  expect(one({ approval }, { channels: new Set(['slack']) })).toEqual([
    'unknown_channel /transitions/0/approval/escalate/0/channels/0',
  ])
})

test('a plugin that is missing gets a hint how to register it', () => {
  const known = { guards: new Set<string>(), integrations: new Set<string>() }
  const fields = {
    guards: [{ id: 'fraud' }],
    effect: { integration: 'bank', action: 'pay' },
    approval: { reviewers: ['a'], channels: ['slack'] },
  }
  const transitions = [{ ...approve, ...fields }]

  expect(validateLoop(loop({ transitions }), { ...known, channels: new Map() })).toMatchObject([
    { code: 'unknown_guard', hint: 'Register it in the option `guards`.' },
    { code: 'unknown_integration', hint: 'Register it in the option `integrations`.' },
    { code: 'unknown_channel', hint: 'Register it in the option `channels`.' },
  ])
  const unlisted = { get: () => undefined }
  expect(validateLoop(loop({ transitions }), { guards: unlisted })).toMatchObject([
    { code: 'unknown_guard', hint: 'Register it in the option `guards`.' },
  ])
})

test('an expression that does not compile gets a hint what it can use', () => {
  const compileExpression = (): never => {
    throw new Error('Unknown variable: amount')
  }
  const fields = { guards: [{ id: 'g', when: 'amount > 100' }] }
  const transitions = [{ ...approve, ...fields }]

  expect(validateLoop(loop({ transitions }), { compileExpression })).toMatchObject([
    {
      message: 'The expression does not compile: Unknown variable: amount',
      hint: 'CEL compares with == and !=. This expression can use evidence, input, actor, instance, transition and now.',
    },
  ])
})

test('what a compiler of ours says is in its hint', () => {
  const transitions = [{ ...approve, guards: [{ id: 'g', when: 'amount' }] }]
  const messageOf = (error: unknown): string | undefined => {
    const compileExpression = (): never => {
      throw error
    }
    return validateLoop(loop({ transitions }), { compileExpression })[0]?.message
  }

  expect(
    messageOf(new LoopError('invalid_input', 'No.', { hint: 'Unknown variable: amount' })),
  ).toBe('The expression does not compile: Unknown variable: amount')
  expect(messageOf(new LoopError('invalid_input', 'It is no text.'))).toBe(
    'The expression does not compile: It is no text.',
  )
  expect(messageOf(null)).toBe('The expression does not compile: it was refused.')
})

test('every expression is compiled', () => {
  const compileExpression = (expression: string): void => {
    if (expression === '1 +') throw new Error('unexpected end.')
  }
  const effect = { integration: 'crm', action: 'write', input: { 'a/b': '1 +', c: '1' } }
  const fields = {
    guards: [{ id: 'g', when: '1 +' }],
    approval: { reviewers: ['role:a'], when: '1 +' },
    effect,
  }

  expect(one(fields, { compileExpression })).toEqual([
    'invalid_expression /transitions/0/guards/0/when',
    'invalid_expression /transitions/0/approval/when',
    'invalid_expression /transitions/0/effect/input/a~1b',
  ])
})

test('an expression of an effect is compiled without the variable now', () => {
  const compileExpression = (expression: string, scope: string): void => {
    if (expression === 'now' && scope === 'effect') throw new Error('unknown variable.')
  }
  const effect = { integration: 'crm', action: 'write', input: { at: 'now' } }

  expect(one({ guards: [{ id: 'g', when: 'now' }], effect }, { compileExpression })).toEqual([
    'invalid_expression /transitions/0/effect/input/at',
  ])
})

test('a problem suggests the name that was meant', () => {
  expect(validateLoop(loop({ initialState: 'OPNE' }))).toEqual([
    {
      code: 'unknown_initial',
      path: '/initialState',
      message: 'The initial state "OPNE" is not defined.',
      hint: 'Did you mean "OPEN"?',
    },
  ])
})

test('a thousand states and five thousand misspelt transitions are checked within a second of computing', () => {
  const states = Array.from({ length: 1000 }, (_, index) => `STATE_NUMBER_${index}`)
  const transitions = Array.from({ length: 5000 }, (_, index) => ({
    ...approve,
    id: `t${index}`,
    to: `STATE_NUMBR_${index}`,
  }))
  const definition = loop({ states, transitions })
  const start = process.threadCpuUsage()

  expect(validateLoop(definition).length).toBeGreaterThan(10_000)
  expect(process.threadCpuUsage(start).user / 1000).toBeLessThan(1000)
})
