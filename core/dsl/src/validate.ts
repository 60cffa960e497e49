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

/** Finds things by name, such as the registered guards. A `Map` is one. */
export interface Lookup<Item> {
  get(name: string): Item | undefined
  keys?(): Iterable<string>
}

/** Where an expression stands. One for the input of an effect cannot use `now`. */
export type ExpressionScope = 'judgement' | 'effect'

/** What a definition is checked against. A check whose option is left out is not made. */
export interface ValidateOptions {
  /** With a lookup the parameters of guards are checked too, with a set only their names. */
  readonly guards?: ReadonlySet<string> | Lookup<Pick<Guard, 'check' | 'needs'>>
  /** With a lookup the actions of integrations are checked too, with a set only their names. */
  readonly integrations?:
    | ReadonlySet<string>
    | Lookup<{ readonly actions: Readonly<Record<string, unknown>> }>
  readonly channels?: ReadonlySet<string> | Lookup<unknown>
  /** Must throw for a CEL expression that does not compile in its scope. */
  readonly compileExpression?: (expression: string, scope: ExpressionScope) => unknown
}

/** A definition with its indices, which all checks share. */
export interface Checked {
  readonly definition: LoopDefinition
  readonly states: ReadonlyMap<string, LoopDefinition['states'][number]>
  readonly transitions: ReadonlyMap<string, Transition>
  readonly exits: ReadonlyMap<string, readonly Transition[]>
  readonly report: (code: string, path: string, message: string, hint?: string) => void
  readonly suggest: (word: string, candidates: readonly string[]) => string | undefined
}

/**
 * Returns every problem of a canonical definition. An empty list means that it can run, as far as the options check.
 */
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
      `The initial state "${initialState}" is terminal, but a run completes only by a transition into a terminal state.`,
      'Start in another state, with a transition that leads to this one.',
    )
  }
  if (!definition.states.some(({ terminal }) => terminal)) {
    report(
      'no_terminal',
      '/states',
      'No state is terminal.',
      'Mark each state in which a run ends as terminal.',
    )
  }
  for (const [index, { id, terminal, error }] of definition.states.entries()) {
    if (error && !terminal) {
      report(
        'error_not_terminal',
        `/states/${index}/error`,
        `The state "${id}" is marked as an error but not as terminal, so a run would not fail there.`,
        'Mark it as terminal too, or remove "error".',
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
        'Give each guard an id of its own, and name the registered guard in "use".',
      ),
    )
  }
}

/**
 * Checks that a signal names one transition in each state. A request may name a transition by its id or by its signal,
 * so a signal must not be the id of another one either.
 */
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
