import type { LoopInstance, RejectionReason, Transition } from '@loop-engine/core'

import type { LoopIndex } from './loop-index.ts'
import type { Refusal, TransitionCommand } from './ruling.ts'

type Admission =
  | { readonly transition: Transition; readonly refusal?: undefined }
  | { readonly transition: Transition | null; readonly refusal: Refusal }

/** Whether the state, the signal and the actor permit a command at all. Guards are asked only if they do. */
export function admit(
  loop: LoopIndex,
  instance: LoopInstance,
  command: TransitionCommand,
): Admission {
  const found = resolve(loop, instance, command.transitionId)
  if (found.refusal) return found
  const { transition } = found
  const { actor } = command
  if (!transition.actors.includes(actor.type)) {
    return refuse(
      transition,
      'actor_type_not_allowed',
      `An actor of type ${actor.type} may not take this transition.`,
    )
  }
  if (transition.roles && !transition.roles.some((role) => actor.roles?.includes(role))) {
    return refuse(
      transition,
      'role_missing',
      'The actor has none of the roles that this transition asks for.',
    )
  }
  if (
    loop.definition.maxTransitions !== undefined &&
    instance.transitions >= loop.definition.maxTransitions
  ) {
    return refuse(
      transition,
      'max_transitions',
      'The run has executed as many transitions as its definition allows.',
    )
  }
  return found
}

function resolve(loop: LoopIndex, instance: LoopInstance, idOrSignal: string): Admission {
  const byId = loop.transitions.get(idOrSignal)
  if (instance.status === 'suspended')
    return refuse(byId ?? null, 'suspended', 'The run is suspended.')
  if (instance.status !== 'active')
    return refuse(byId ?? null, 'final', `The run is ${instance.status}; nothing follows that.`)
  if (byId && byId.from === instance.currentState) return { transition: byId }
  const open = loop.from.get(instance.currentState)?.find(({ signal }) => signal === idOrSignal)
  if (open) return { transition: open }
  if (byId)
    return refuse(
      byId,
      'not_from_this_state',
      `The transition leaves ${byId.from}; the run is in ${instance.currentState}.`,
    )
  return refuse(
    null,
    'unknown_transition',
    'The loop has no such transition, and no such signal is open.',
  )
}

function refuse(
  transition: Transition | null,
  reason: RejectionReason,
  message: string,
): Admission {
  return { transition, refusal: { reason, message } }
}
