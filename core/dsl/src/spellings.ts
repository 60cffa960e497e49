/** Accepted spellings and the canonical name each one stands for. */
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

/** Every way to write a canonical name, itself first. */
export function spellingsOf(name: string): readonly string[] {
  return alternatives.get(name) ?? [name]
}
