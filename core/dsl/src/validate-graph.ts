import { noName } from './stand-ins.ts'
import { createSpeller } from './suggest.ts'
import type { Checked } from './validate.ts'

/** Whether every state is reached, and an end from the start. */
export function reachabilityProblems({ definition, states, report }: Checked): void {
  if (definition.initialState === noName) return
  const meant = createReader([...states.keys()])
  const reached = new Set([meant(definition.initialState)])
  const exits = Map.groupBy(definition.transitions, ({ from }) => meant(from))
  for (const id of reached) for (const { to } of exits.get(id) ?? []) reached.add(meant(to))

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
  }
}

/** What is misspelt has been reported already; a state that only seems to be lost because of it is not. */
function createReader(states: readonly string[]): (id: string) => string {
  const closestTo = createSpeller()
  const known = new Map(states.map((id) => [id, id]))
  return (id) => {
    const meant = known.get(id) ?? closestTo(id, states) ?? id
    known.set(id, meant)
    return meant
  }
}
