import { LoopError, type LoopInstance } from '@loop-engine/core'

import { checkInput } from '../check-input.ts'
import { personOrSystem } from '../judging/admit-input.ts'
import type { Kernel } from '../kernel.ts'
import { draftOf } from '../recording/draft.ts'
import { restartTimeout } from '../recording/orders.ts'
import { ownScopes } from '../recording/stop-scopes.ts'
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
    const to = state ?? instance.currentState
    const target = loop.states.get(to)
    if (!target) {
      throw new LoopError(
        'invalid_input',
        'The new definition does not have the state of the run.',
        {
          path: '/state',
          hint: 'Say with `state` where the run goes on.',
          details: { known: [...loop.states.keys()] },
        },
      )
    }
    if (target.terminal) {
      // It would be open for ever: nothing leaves the state, and nothing that reaches it records its end.
      throw new LoopError('invalid_input', 'A run cannot go on from a terminal state.', {
        path: '/state',
        hint: 'Say with `state` where the run goes on, or cancel or fail it instead.',
        details: { state: to },
      })
    }
    const entry = change.append({
      ...draftOf(kernel, instance, actor),
      type: 'loop.migrated',
      definition: loop.digest,
      fromState: instance.currentState,
      ...(to !== instance.currentState && { toState: to }),
      reason,
      data: { from: instance.definition.digest, version: loop.definition.version },
    })
    restartTimeout(change, instance, target.timeout, entry)
    // What people were asked was judged by the old definition; nobody could decide it any more.
    await supersede(kernel, change)
    return { scopes: ownScopes(tenant, actor) }
  })
}
