import type { Checked } from './validate.ts'

/** Whether every state is reached, and an end from the start. */
export function reachabilityProblems({ definition, states, exits, report }: Checked): void {
  // What is misspelt has been reported already; what only seems to be lost because of it is not.
  const isKnown = (id: string): boolean => states.has(id)
  if (!isKnown(definition.initialState)) return
  if (!definition.transitions.every(({ from, to }) => isKnown(from) && isKnown(to))) return
  const reached = new Set([definition.initialState])
  for (const id of reached) for (const { to } of exits.get(id) ?? []) reached.add(to)

  for (const [index, { id }] of definition.states.entries()) {
    if (reached.has(id)) continue
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
  }
}
