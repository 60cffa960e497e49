import type { GuardSpec, Transition } from '@loop-engine/core'

const schemaGuards = new WeakMap<Transition, readonly GuardSpec[]>()

/** The guards of a transition, led by the one that checks its evidence schema. */
export function guardsOf(transition: Transition): readonly GuardSpec[] {
  if (!transition.evidence) return transition.guards
  let guards = schemaGuards.get(transition)
  if (!guards) {
    guards = [
      {
        id: 'evidence',
        use: 'evidence-schema',
        with: { schema: transition.evidence },
        severity: 'hard',
        evaluatedBy: 'runtime',
      },
      ...transition.guards,
    ]
    schemaGuards.set(transition, guards)
  }
  return guards
}
