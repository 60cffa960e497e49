import {
  isId,
  type DefinitionProblem,
  type Guard,
  type LoopDefinition,
  type Transition,
} from '@loop-engine/core'

import { pointer } from './problems.ts'
import { noName, unnamed } from './stand-ins.ts'
import { createSuggester } from './suggest.ts'
import { followUpProblems } from './validate-follow-ups.ts'
import { reachabilityProblems } from './validate-graph.ts'
import { pluginProblems } from './validate-plugins.ts'

/** Names that a system knows, with what stands behind each. A `Map` is one. */
export interface Lookup<Item> {
  get(name: string): Item | undefined
  keys?(): Iterable<string>
}

/** What an expression may see: that of an effect knows no time. */
export type ExpressionScope = 'judgement' | 'effect'

/** What a definition is checked against; what is left out is not checked. */
export interface ValidateOptions {
  /** With a lookup, the parameters are checked too. */
  readonly guards?: ReadonlySet<string> | Lookup<Pick<Guard, 'check' | 'needs'>>
  /** With a lookup, the actions are checked too. */
  readonly integrations?:
    | ReadonlySet<string>
    | Lookup<{ readonly actions: Readonly<Record<string, unknown>> }>
  readonly channels?: ReadonlySet<string> | Lookup<unknown>
  /** Throws when a CEL expression does not compile where it stands. */
  readonly compileExpression?: (expression: string, scope: ExpressionScope) => unknown
}

/** Indexed once, shared by all checks. */
export interface Checked {
  readonly definition: LoopDefinition
  readonly states: ReadonlyMap<string, LoopDefinition['states'][number]>
  readonly transitions: ReadonlyMap<string, Transition>
  readonly exits: ReadonlyMap<string, readonly Transition[]>
  readonly report: (code: string, path: string, message: string, hint?: string) => void
  readonly suggest: (word: string, candidates: readonly string[]) => string | undefined
}

/** Finds every problem of a canonical definition at once; an empty list means that it can run. */
export function validateLoop(
  definition: LoopDefinition,
  options: ValidateOptions = {},
): DefinitionProblem[] {
  const problems: DefinitionProblem[] = []
  const checked: Checked = {
    definition,
    states: new Map(definition.states.map((state) => [state.id, state])),
    transitions: new Map(definition.transitions.map((transition) => [transition.id, transition])),
    exits: Map.groupBy(definition.transitions, ({ from }) => from),
    report: (code, path, message, hint) =>
      problems.push(hint ? { code, path, message, hint } : { code, path, message }),
    suggest: createSuggester(),
  }
  stateProblems(checked)
  transitionProblems(checked)
  signalProblems(checked)
  followUpProblems(checked)
  reachabilityProblems(checked)
  pluginProblems(checked, options)
  return problems
}

function stateProblems({ definition, states, exits, report, suggest }: Checked): void {
  const { initialState } = definition
  duplicates(definition.states, (index, id) =>
    report('duplicate_state', `/states/${index}/id`, `The state "${id}" is defined twice.`),
  )
  if (!states.has(initialState)) {
    report(
      'unknown_initial',
      '/initialState',
      `The initial state "${initialState}" is not defined.`,
      suggest(initialState, [...states.keys()]),
    )
  }
  if (states.get(initialState)?.terminal) {
    report(
      'initial_terminal',
      '/initialState',
      `The initial state "${initialState}" is terminal: a run would never arrive at its end.`,
      'Begin in a state from which a transition leads to it.',
    )
  }
  if (!definition.states.some(({ terminal }) => terminal)) {
    report('no_terminal', '/states', 'No state is terminal.', 'Mark where the loop ends.')
  }
  for (const [index, { id, terminal, error }] of definition.states.entries()) {
    if (error && !terminal) {
      report(
        'error_not_terminal',
        `/states/${index}/error`,
        `A run that arrives in the state "${id}" has not failed, for the state is not terminal.`,
        'Mark it as terminal as well, or leave "error" out.',
      )
    }
    if (terminal || exits.has(id) || id === noName) continue
    report(
      'dead_end',
      `/states/${index}`,
      `Nothing leads out of the state "${id}".`,
      'Add a transition or mark it as terminal.',
    )
  }
}

function transitionProblems({ definition, states, report, suggest }: Checked): void {
  duplicates(definition.transitions, (index, id) =>
    report(
      'duplicate_transition',
      `/transitions/${index}/id`,
      `The transition "${id}" is defined twice.`,
    ),
  )
  for (const [index, transition] of definition.transitions.entries()) {
    const path = `/transitions/${index}`
    for (const end of ['from', 'to'] as const) {
      const id = transition[end]
      if (states.has(id) || states.size === 0) continue
      report(
        'unknown_state',
        pointer(path, end),
        `The transition "${transition.id}" names the state "${id}", which is not defined.`,
        suggest(id, [...states.keys()]),
      )
    }
    if (states.get(transition.from)?.terminal) {
      report(
        'transition_from_terminal',
        pointer(path, 'from'),
        `The transition "${transition.id}" leaves the terminal state "${transition.from}".`,
      )
    }
    duplicates(transition.guards, (guard, id) =>
      report(
        'duplicate_guard',
        pointer(path, 'guards', guard, 'id'),
        `The transition "${transition.id}" has the guard "${id}" twice.`,
        'Give each an id of its own, and name the registered guard in "use".',
      ),
    )
  }
}

/** What a signal means in a state must be plain. The id of a transition asks for it as well as its signal does. */
function signalProblems({ definition, exits, report }: Checked): void {
  const place = new Map(definition.transitions.map((transition, index) => [transition, index]))
  for (const [state, leaving] of exits) {
    if (state === noName) continue
    const named = new Map(leaving.map(({ id }) => [id, id]))
    for (const transition of leaving) {
      const { id, from, signal } = transition
      if (signal === unnamed && !isId(id)) continue
      const other = named.get(signal) ?? id
      named.set(signal, other)
      if (other === id) continue
      report(
        'ambiguous_signal',
        `/transitions/${place.get(transition)}/signal`,
        `In the state "${from}" the signal "${signal}" means both "${other}" and "${id}".`,
        'Give each transition out of a state a signal of its own.',
      )
    }
  }
}

function duplicates(
  items: readonly { readonly id: string }[],
  found: (index: number, id: string) => void,
): void {
  const seen = new Set<string>()
  for (const [index, { id }] of items.entries()) {
    if (seen.has(id)) found(index, id)
    seen.add(id)
  }
}
