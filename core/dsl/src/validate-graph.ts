import { noName } from './stand-ins.ts'
import { createSpeller } from './suggest.ts'
import type { Checked } from './validate.ts'

/**
 * Checks that every state can be reached from the initial one,
 * and that a terminal state can be reached from every state.
 */
export function reachabilityProblems({ definition, states, report }: Checked): void {
  if (definition.initialState === noName) return
  const meant = createReader([...states.keys()])
  const steps = definition.transitions.map(({ from, to }) => ({ from: meant(from), to: meant(to) }))
  const exits = Map.groupBy(steps, ({ from }) => from)
  const initial = meant(definition.initialState)
  const reached = reachableFrom([initial], (id) => exits.get(id)?.map(({ to }) => to))

  for (const [index, { id }] of definition.states.entries()) {
    if (reached.has(id) || id === noName) continue
    report(
      'unreachable_state',
      `/states/${index}`,
      `Nothing leads from the initial state to the state "${id}".`,
    )
  }
  const ends = definition.states.filter(({ terminal }) => terminal)
  if (ends.length > 0 && !ends.some(({ id }) => reached.has(id))) {
    report(
      'no_reachable_terminal',
      '/initialState',
      'No terminal state can be reached from the initial state.',
    )
    return
  }
  // An undefined state has been reported; it counts as an end,
  // so that what leads to it is not called a dead end as well.
  const undefinedStates = steps.filter(({ to }) => !states.has(to)).map(({ to }) => to)
  const entries = Map.groupBy(steps, ({ to }) => to)
  const ending = reachableFrom([...ends.map(({ id }) => id), ...undefinedStates], (id) =>
    entries.get(id)?.map(({ from }) => from),
  )
  for (const [index, { id }] of definition.states.entries()) {
    if (ending.has(id) || !reached.has(id) || !exits.has(id) || ends.length === 0) continue
    report(
      'dead_end',
      `/states/${index}`,
      `No terminal state can be reached from the state "${id}".`,
      'Add a transition that leads towards a terminal state.',
    )
  }
}

/** The given states and all that can be reached from them. */
function reachableFrom(
  from: readonly string[],
  next: (id: string) => readonly string[] | undefined,
): ReadonlySet<string> {
  const reached = new Set(from)
  for (const id of reached) for (const other of next(id) ?? []) reached.add(other)
  return reached
}

/**
 * Creates a function that reads a misspelt state as the one that it most likely means. The misspelling has been
 * reported; no other state should be reported as unreachable because of it.
 */
function createReader(states: readonly string[]): (id: string) => string {
  const closestTo = createSpeller()
  const known = new Map(states.map((id) => [id, id]))
  return (id) => {
    const meant = known.get(id) ?? closestTo(id, states) ?? id
    known.set(id, meant)
    return meant
  }
}
