import type { Authority } from '@loop-engine/actors'
import { LoopError, type Channel } from '@loop-engine/core'
import {
  createIntake,
  createLoopSystem,
  type Intake,
  type LoopSystem,
  type LoopSystemOptions,
} from '@loop-engine/sdk'

import { createCallbacks, type Callbacks } from './callbacks.ts'
import type { LoopServerOptions } from './options.ts'

export interface ServedSystemOptions
  extends
    Omit<LoopSystemOptions, 'identity' | 'channels'>,
    Pick<LoopServerOptions, 'channels' | 'callbacks' | 'directory'> {}

export interface ServedSystem {
  readonly system: LoopSystem
  readonly channels: readonly Channel[]
  readonly callbacks: Callbacks | undefined
}

/** Opens the system that is served, with the channels whose decisions it takes. */
export async function openSystem(
  { channels: given = [], callbacks: asked, directory, ...options }: ServedSystemOptions,
  authority: Authority,
): Promise<ServedSystem> {
  const gate = createGate(authority)
  const named = typeof given === 'function' ? given(gate.intake) : given
  const callbacks = asked && createCallbacks(asked)
  const channels = callbacks ? [...named, callbacks.channel] : named
  const system = await createLoopSystem({
    ...options,
    channels,
    identity: { mode: 'verified', authority, ...(directory && { directory }) },
  })
  gate.open(system)
  return { system, channels, callbacks }
}

/** Channels are made before the system whose decisions they take; `open` lets them through. */
function createGate(authority: Authority): {
  readonly intake: Intake
  open(system: LoopSystem): void
} {
  let approvals: LoopSystem['approvals'] | undefined
  const decide: LoopSystem['approvals']['decide'] = async (decision) => {
    if (approvals) return approvals.decide(decision)
    throw new LoopError('unavailable', 'The server is still starting.', { retryable: true })
  }
  return {
    intake: createIntake({ authority, approvals: { decide } }),
    open(system) {
      approvals = system.approvals
    },
  }
}
