import type { Checked } from './validate.ts'

/** Whether every state is reached, and an end from the start. */
export function reachabilityProblems({ definition, states, exits, report }: Checked): void {
  // A definition without a start or an end has been told so already.
  if (!states.has(definition.initialState)) return
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
