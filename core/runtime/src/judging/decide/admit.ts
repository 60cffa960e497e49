import type { LoopInstance, RejectionReason, Transition } from '@loop-engine/core'

import type { LoopIndex } from './loop-index.ts'
import type { Refusal, TransitionCommand } from './ruling.ts'

/** Whether the command is legal at all: state, signal, actor. Guards are only asked when it is. */
export function admit(
  loop: LoopIndex,
  instance: LoopInstance,
  command: TransitionCommand,
):
  | { readonly transition: Transition; readonly refusal?: undefined }
  | { readonly transition: Transition | null; readonly refusal: Refusal } {
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

function resolve(
  loop: LoopIndex,
  instance: LoopInstance,
  idOrSignal: string,
):
  | { transition: Transition; refusal?: undefined }
  | { transition: Transition | null; refusal: Refusal } {
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
): { transition: Transition | null; refusal: Refusal } {
  return { transition, refusal: { reason, message } }
}
