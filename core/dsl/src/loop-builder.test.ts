import { isLoopError, type DefinitionProblem } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { LoopBuilder } from './loop-builder.ts'

const expense = LoopBuilder.create('expense', 'finance')
  .state('SUBMITTED')
  .state('APPROVED', { isTerminal: true })
  .initialState('SUBMITTED')
  .transition({ id: 'approve', from: 'SUBMITTED', to: 'APPROVED', actors: ['human'] })

function problemsOf(build: () => unknown): readonly DefinitionProblem[] {
  try {
    build()
  } catch (error) {
    if (isLoopError(error)) return error.details?.problems as DefinitionProblem[]
    throw error
  }
  return []
}

test('the quick start of the web site builds, character for character', () => {
  // oxfmt-ignore
  const approval = LoopBuilder
.create('expense.approval', 'finance')
.state('SUBMITTED')
.state('APPROVED', { isTerminal: true })
.state('REJECTED', { isTerminal: true })
.initialState('SUBMITTED')
.transition({ id: 'approve', from: 'SUBMITTED', to: 'APPROVED', actors: ['human'] })
.transition({ id: 'reject', from: 'SUBMITTED', to: 'REJECTED', actors: ['human'] })
.outcome({ id: 'expense_approved', valueUnit: 'expense_approved', description: 'Expense approved', measurable: true })
.build()

  expect(approval).toEqual({
    id: 'expense.approval',
    version: '1',
    name: 'expense.approval',
    domain: 'finance',
    initialState: 'SUBMITTED',
    states: [
      { id: 'SUBMITTED' },
      { id: 'APPROVED', terminal: true },
      { id: 'REJECTED', terminal: true },
    ],
    transitions: [
      {
        id: 'approve',
        from: 'SUBMITTED',
        to: 'APPROVED',
        signal: 'approve',
        actors: ['human'],
        guards: [],
      },
      {
        id: 'reject',
        from: 'SUBMITTED',
        to: 'REJECTED',
        signal: 'reject',
        actors: ['human'],
        guards: [],
      },
    ],
    outcome: {
      id: 'expense_approved',
      valueUnit: 'expense_approved',
      description: 'Expense approved',
      measurable: true,
    },
  })
})

test('a step does not change the builder that it was called on', () => {
  expense.transition({ id: 'again', from: 'SUBMITTED', to: 'SUBMITTED', actors: ['human'] })

  expect(expense.build().transitions).toHaveLength(1)
})

test('changing the argument of a step afterwards does not change the builder', () => {
  const end = { terminal: true }
  const guard = { id: 'sure', use: 'confidence-threshold', with: { min: 0.8 } }
  const approve = { id: 'approve', from: 'OPEN', to: 'DONE', guards: [guard] } as const
  const actors: ('human' | 'ai-agent')[] = ['human']
  const outcome = { id: 'done', metrics: [{ id: 'days' }] }
  const builder = LoopBuilder.create('x')
    .state('OPEN')
    .state('DONE', end)
    .initialState('OPEN')
    .transition({ ...approve, actors })
    .outcome(outcome)
  const before = builder.build()

  end.terminal = false
  guard.with.min = 0
  actors.push('ai-agent')
  outcome.metrics.pop()

  expect(builder.build()).toEqual(before)
  expect(Object.isFrozen(builder)).toBe(true)
})

test('every other field has a step', () => {
  const loop = expense
    .version('2')
    .name('Expense')
    .description('Who pays.')
    .domain('travel')
    .spawns('payment')
    .tags('money')
    .maxTransitions(5)
    .build()

  expect(loop).toMatchObject({
    version: '2',
    name: 'Expense',
    description: 'Who pays.',
    domain: 'travel',
    spawns: ['payment'],
    tags: ['money'],
    maxTransitions: 5,
  })
})

test('misspelt states neither compile nor build', () => {
  const build = (): unknown =>
    expense
      // @ts-expect-error -- no such state
      .initialState('SUBMITED')
      // @ts-expect-error -- no such state
      .transition({ id: 'a', from: 'SUBMITED', to: 'APPROVED', actors: ['human'] })
      // @ts-expect-error -- no such state
      .transition({ id: 'b', from: 'SUBMITTED', to: 'APROVED', actors: ['human'] })
      // @ts-expect-error -- no such actor
      .transition({ id: 'c', from: 'SUBMITTED', to: 'APPROVED', actors: ['robot'] })
      .build()

  expect(build).toThrow(expect.objectContaining({ code: 'invalid_definition' }))
})

test('a misspelt follow-up does not compile, wherever it is named', () => {
  const base = LoopBuilder.create('x').state('A').state('B', { terminal: true }).initialState('A')
  const step = { from: 'A', to: 'B', actors: ['human'] } as const

  const timeout = base
    .state('C', { timeout: { after: '1h', transition: 'retrun' } })
    .transition({ id: 'return', from: 'C', to: 'A', actors: ['system'] })
    .transition({ id: 'go', from: 'A', to: 'C', actors: ['human'] })
    .transition({ id: 'end', ...step })
  const effect = base.transition({
    id: 'end',
    ...step,
    effect: { integration: 'crm', action: 'write', onSuccess: 'dnoe' },
  })
  const approval = base.transition({ id: 'end', ...step, approval: { onReject: 'sotp' } })

  // @ts-expect-error -- no such transition
  expect(problemsOf(() => timeout.build())).toMatchObject([
    { code: 'unknown_transition', hint: 'Did you mean "return"?' },
  ])
  // @ts-expect-error -- no such transition
  expect(problemsOf(() => effect.build())).toMatchObject([{ code: 'unknown_transition' }])
  // @ts-expect-error -- no such transition
  expect(problemsOf(() => approval.build())[0]).toMatchObject({ code: 'missing_field' })
})

test('a follow-up may be named before it is defined', () => {
  const loop = LoopBuilder.create('x')
    .state('OPEN', { timeout: { after: '1h', transition: 'expire' } })
    .state('DONE', { terminal: true })
    .initialState('OPEN')
    .transition({ id: 'expire', from: 'OPEN', to: 'DONE', actors: ['system'] })
    .build()

  expect(loop.states[0]?.timeout).toEqual({ after: '1h', transition: 'expire' })
})

test('names that are known only at run time compile', () => {
  const states: string[] = ['A', 'B']
  const [a = '', b = ''] = states

  const loop = LoopBuilder.create('x')
    .state(a)
    .state(b, { terminal: true })
    .initialState(a)
    .transition({ id: `${a}-${b}`, from: a, to: b, actors: ['human'] })
    .build()

  expect(loop.transitions[0]?.id).toBe('A-B')
})

test('all problems are thrown at once', () => {
  const problems = problemsOf(() => LoopBuilder.create('x').state('A').state('A').build())

  expect(problems.map(({ code }) => code)).toEqual([
    'missing_field',
    'duplicate_state',
    'no_terminal',
    'dead_end',
    'dead_end',
  ])
})
