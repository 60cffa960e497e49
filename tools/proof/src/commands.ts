import fc from 'fast-check'

import { evidenceBytes } from './proof-loop.ts'

/** A generated command: something that a person or an agent does to a system. */
export type Command =
  | { readonly do: 'start'; readonly id: string }
  | {
      readonly do: 'move'
      readonly id: string
      readonly transition: string
      readonly by: string
      readonly amount: number
      readonly key: number
    }
  | {
      readonly do: 'decide'
      readonly id: string
      readonly by: string
      readonly decision: 'approve' | 'reject' | 'edit' | 'respond' | 'abstain'
      /** 0 for the newest request of the run, 1 for the one before it. */
      readonly back: number
    }
  | { readonly do: 'inbox'; readonly by: string }
  /** On the newest request of the run. A vote is handed on to dan, who is no reviewer himself. */
  | { readonly do: 'delegate' | 'withdraw'; readonly id: string; readonly by: string }
  | { readonly do: 'stop' | 'release'; readonly what: 'everything' | 'agent' }
  | {
      readonly do: 'suspend' | 'resume' | 'cancel' | 'fail' | 'migrate'
      readonly id: string
      readonly by: string
    }
  | { readonly do: 'erase'; readonly id: string; readonly by: string; readonly seq: number }
  | { readonly do: 'advance'; readonly minutes: number }
  | { readonly do: 'relay' }
  /** Events of the process. `createMortalSystem` carries them out; elsewhere they do nothing. */
  | { readonly do: 'restart' | 'deploy' | 'checkpoint' | 'rotate' }
  | { readonly do: 'die'; readonly when: 'before' | 'after' }

const id = fc.constantFrom('a', 'b')
const by = fc.constantFrom('agent', 'alice', 'aliceAgain', 'bob', 'olga', 'dan')

const anything = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('start' as const), id }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('move' as const),
        id,
        transition: fc.constantFrom(
          'note',
          'spend',
          'spend',
          'spend',
          'pay',
          'pay',
          'pay',
          'close',
          'risky',
          'audit',
          'paid',
          'nonsense',
        ),
        by: fc.constantFrom('agent', 'agent', 'agent', 'alice'),
        amount: fc.constantFrom(5, 5, 45, 45, 60, 60, evidenceBytes),
        key: fc.integer({ min: 0, max: 9 }),
      }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('decide' as const),
        id,
        by,
        decision: fc.constantFrom(
          'approve',
          'approve',
          'approve',
          'approve',
          'reject',
          'edit',
          'respond',
          'abstain',
        ),
        back: fc.constantFrom(0, 0, 0, 0, 1),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('inbox' as const), by }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constantFrom('stop' as const, 'release' as const),
        what: fc.constantFrom('everything', 'agent'),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constantFrom(
          'suspend' as const,
          'resume' as const,
          'cancel' as const,
          'fail' as const,
          'migrate' as const,
        ),
        id,
        by,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('erase' as const),
        id,
        by,
        seq: fc.constantFrom(2, 3),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constantFrom('delegate' as const, 'delegate' as const, 'withdraw' as const),
        id,
        by,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('advance' as const),
        minutes: fc.constantFrom(1, 30, 121, 1500),
      }),
    },
    { weight: 3, arbitrary: fc.constant({ do: 'relay' as const }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constantFrom(
          'restart' as const,
          'deploy' as const,
          'checkpoint' as const,
          'rotate' as const,
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('die' as const),
        when: fc.constantFrom('before' as const, 'after' as const),
      }),
    },
  ),
  { minLength: 20, maxLength: 40, size: 'max' },
)

/**
 * Sequences that random commands would seldom form: a payment that two people approve, a repeated key, a suspension.
 */
const stories = fc
  .shuffledSubarray(['a', 'b'].flatMap(storiesOf), { maxLength: 2 })
  .map((told) => told.flat())

function storiesOf(run: string): readonly (readonly Command[])[] {
  const move = (transition: string, key: number): Command => ({
    do: 'move',
    id: run,
    transition,
    by: 'agent',
    amount: 45,
    key,
  })
  const approve = (person: string): Command => ({
    do: 'decide',
    id: run,
    by: person,
    decision: 'approve',
    back: 0,
  })
  const stopAll = (what: 'stop' | 'release'): Command => ({ do: what, what: 'everything' })
  const handOn: Command = { do: 'delegate', id: run, by: 'alice' }
  return [
    [move('pay', 0)],
    [move('pay', 0), approve('alice')],
    [move('pay', 0), approve('alice'), approve('bob')],
    [move('pay', 0), handOn, approve('dan'), approve('alice'), approve('bob')],
    [move('pay', 0), stopAll('stop'), approve('alice'), stopAll('release')],
    [move('spend', 7), move('spend', 7)],
    [
      { do: 'suspend', id: run, by: 'bob' },
      { do: 'resume', id: run, by: 'alice' },
    ],
  ]
}

/** Lists of commands. Each begins with two runs, because most commands need a run. */
export const commands: fc.Arbitrary<readonly Command[]> = fc
  .tuple(stories, anything)
  .map(([opening, rest]) => [
    { do: 'start', id: 'a' },
    { do: 'start', id: 'b' },
    ...opening,
    ...rest,
  ])

/** The commands that release all stops and resume all runs. */
export const letGo: readonly Command[] = [
  { do: 'release', what: 'everything' },
  { do: 'release', what: 'agent' },
  { do: 'resume', id: 'a', by: 'alice' },
  { do: 'resume', id: 'b', by: 'alice' },
]
