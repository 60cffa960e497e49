/** The accepted spellings, each with its canonical name. */
export const spellings = {
  loop: { loopId: 'id', initial: 'initialState', spawnableLoops: 'spawns' },
  state: { stateId: 'id', isTerminal: 'terminal', isError: 'error' },
  transition: { transitionId: 'id', allowedActors: 'actors' },
  guard: { guardId: 'id', parameters: 'with', failureMessage: 'message' },
} as const satisfies Record<string, Readonly<Record<string, string>>>

const alternatives = new Map<string, string[]>()
for (const table of Object.values(spellings)) {
  for (const [spelling, name] of Object.entries(table)) {
    alternatives.set(name, [...(alternatives.get(name) ?? [name]), spelling])
  }
}

/** All spellings of a canonical name, the canonical one first. */
export function spellingsOf(name: string): readonly string[] {
  return alternatives.get(name) ?? [name]
}
