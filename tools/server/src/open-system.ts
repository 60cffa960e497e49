import type { Authority } from '@loop-engine/actors'
import { LoopError, type Channel } from '@loop-engine/core'
import {
  createIntake,
  createLoopSystem,
  type LoopSystem,
  type LoopSystemOptions,
} from '@loop-engine/sdk'

import { createCallbacks, type Callbacks } from './callbacks.ts'
import type { ChannelHost, LoopServerOptions } from './options.ts'

export interface ServedSystemOptions
  extends
    Omit<LoopSystemOptions, 'identity' | 'channels'>,
    Pick<LoopServerOptions, 'channels' | 'callbacks' | 'directory'> {}

export interface ServedSystem {
  readonly system: LoopSystem
  readonly channels: readonly Channel[]
  readonly callbacks: Callbacks | undefined
}

/** Opens the system that is served, with the channels that hand it decisions. */
export async function openSystem(
  { channels: given = [], callbacks: asked, directory, ...options }: ServedSystemOptions,
  authority: Authority,
): Promise<ServedSystem> {
  const gate = createGate(authority)
  const named = typeof given === 'function' ? given(gate.host) : given
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

/** Channels are made before the system that they call: their calls are refused as `unavailable` until `open`. */
function createGate(authority: Authority): {
  readonly host: ChannelHost
  open(system: LoopSystem): void
} {
  let opened: LoopSystem['approvals'] | undefined
  const approvals = (): LoopSystem['approvals'] => {
    if (opened) return opened
    throw new LoopError('unavailable', 'The server is still starting.', { retryable: true })
  }
  return {
    host: {
      decide: createIntake({
        authority,
        approvals: { decide: async (decision) => approvals().decide(decision) },
      }),
      getApproval: async (query) => approvals().get(query),
    },
    open(system) {
      opened = system.approvals
    },
  }
}
