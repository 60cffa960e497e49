import type { LoopDefinition, State, Transition } from '@loop-engine/core'

/** A definition with the look-ups that judging needs. Built once per digest. */
export interface LoopIndex {
  readonly definition: LoopDefinition
  readonly digest: string
  readonly states: ReadonlyMap<string, State>
  readonly transitions: ReadonlyMap<string, Transition>
  readonly from: ReadonlyMap<string, readonly Transition[]>
}

export function indexLoop(definition: LoopDefinition, digest: string): LoopIndex {
  const from = new Map<string, Transition[]>()
  for (const transition of definition.transitions) {
    const leaving = from.get(transition.from)
    if (leaving) leaving.push(transition)
    else from.set(transition.from, [transition])
  }
  return {
    definition,
    digest,
    states: new Map(definition.states.map((state) => [state.id, state])),
    transitions: new Map(definition.transitions.map((transition) => [transition.id, transition])),
    from,
  }
}
