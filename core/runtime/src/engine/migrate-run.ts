import { LoopError, type LoopInstance, type State } from '@loop-engine/core'

import { checkInput } from '../check-input.ts'
import { personOrSystem } from '../judging/admit-actor.ts'
import type { LoopIndex } from '../judging/decide/loop-index.ts'
import type { Kernel } from '../kernel.ts'
import { ownScopes } from '../recording/change-scopes.ts'
import { draftOf } from '../recording/draft.ts'
import { restartTimeout } from '../recording/orders.ts'
import { supersede } from '../recording/supersede.ts'
import { migrateKeys, type MigrateInput } from './engine-input.ts'
import { rewrite } from './rewrite-run.ts'

/** Moves a run to the registered definition of its loop. */
export async function migrateRun(kernel: Kernel, input: MigrateInput): Promise<LoopInstance> {
  checkInput('engine.migrate', input, migrateKeys, ['aggregateId', 'reason'])
  const { tenant = 'default', reason, state } = input
  const actor = personOrSystem(kernel, input.actor, 'migrate a run')
  return rewrite(kernel, input, async (instance, change) => {
    const loop = kernel.loops.current(instance.loopId)
    const target = stateIn(loop, instance, state)
    const entry = change.append({
      ...draftOf(kernel, instance, actor),
      type: 'loop.migrated',
      definition: loop.digest,
      fromState: instance.currentState,
      ...(target.id !== instance.currentState && { toState: target.id }),
      reason,
      data: { from: instance.definition.digest, version: loop.definition.version },
    })
    restartTimeout(change, instance, target.timeout, entry)
    // Open requests were judged by the old definition, so nobody could decide them any more.
    await supersede(kernel, change)
    return { scopes: ownScopes(tenant, actor) }
  })
}

/** The state in which the run continues: its own, or the one that is named if the run cannot continue from its own. */
function stateIn(
  { states }: LoopIndex,
  { currentState }: LoopInstance,
  state = currentState,
): State {
  const refuse = (message: string, hint: string): LoopError =>
    new LoopError('invalid_input', message, {
      path: '/state',
      hint,
      details: { state, known: [...states.keys()] },
    })
  const known = states.get(currentState)
  if (state !== currentState && known && !known.terminal)
    // Otherwise whoever may migrate could take the run past guards and approvals.
    throw refuse(
      'The new definition has the state of the run.',
      'Leave `state` out: the run goes on there, and a transition takes it on.',
    )
  const target = states.get(state)
  if (!target)
    throw refuse(
      'The new definition does not have the state of the run.',
      'Say with `state` where the run goes on.',
    )
  if (!target.terminal) return target
  // The run would stay open for ever: nothing leaves a terminal state, and a migration does not end a run.
  throw refuse(
    'A run cannot go on from a terminal state.',
    'Say with `state` where the run goes on, or cancel or fail it instead.',
  )
}
