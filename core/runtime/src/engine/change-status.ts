import { LoopError, type InstanceStatus, type LoopInstance } from '@loop-engine/core'

import { checkInput } from '../check-input.ts'
import { takeHeldFollowUps } from '../effects/held-follow-ups.ts'
import { admitted, personOrSystem } from '../judging/admit-actor.ts'
import { evidenceOf } from '../judging/evidence.ts'
import type { Kernel } from '../kernel.ts'
import { ownScopes } from '../recording/change-scopes.ts'
import { draftOf } from '../recording/draft.ts'
import { restartTimeout } from '../recording/orders.ts'
import { supersede } from '../recording/supersede.ts'
import { changeKeys, type ChangeInput } from './engine-input.ts'
import { rewrite } from './rewrite-run.ts'

/** Cancels, fails, suspends or resumes a run. The change is recorded, and no guard judges it. */
export async function changeStatus(
  kernel: Kernel,
  input: ChangeInput,
  type: 'loop.cancelled' | 'loop.failed' | 'loop.suspended' | 'loop.resumed',
  status: InstanceStatus,
): Promise<LoopInstance> {
  checkInput('A change of a run', input, changeKeys, ['aggregateId', 'reason'])
  const { tenant = 'default', reason } = input
  const evidence = evidenceOf(kernel, input.evidence)
  const actor =
    type === 'loop.resumed'
      ? personOrSystem(kernel, input.actor, 'resume a run')
      : admitted(kernel, input.actor)
  return rewrite(kernel, input, async (instance, change, late) => {
    if (type === 'loop.resumed' && instance.status !== 'suspended')
      throw new LoopError('refused', 'The run is not suspended.')
    if (type === 'loop.suspended' && instance.status === 'suspended')
      throw new LoopError('refused', 'The run is suspended already.')
    const entry = change.append(
      {
        ...draftOf(kernel, instance, actor),
        type,
        status,
        fromState: instance.currentState,
        reason,
        ...(evidence.digest && { evidence: evidence.digest }),
      },
      evidence.sealed,
    )
    const loop = await kernel.loops.pinned(instance.definition.digest)
    const timeout = loop.states.get(instance.currentState)?.timeout
    if (timeout) restartTimeout(change, instance, timeout, entry)
    await supersede(kernel, change)
    // An actor who is stopped may still suspend, cancel or fail a run.
    if (type !== 'loop.resumed') return { scopes: [] }
    const reservations = await takeHeldFollowUps(kernel, instance, change, late)
    return { scopes: ownScopes(tenant, actor), reservations }
  })
}
