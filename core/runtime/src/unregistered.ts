import { LoopError } from '@loop-engine/core'

import type { Delivery } from './delivery.ts'
import type { Kernel } from './kernel.ts'

/**
 * Puts an item off, and reports it, because this process lacks its integration, channel or sink. Another process may have
 * it, as during the rollout of a new version, so the item is tried for as long as during an outage.
 */
export function unregistered(
  { report }: Pick<Kernel, 'report'>,
  what: 'integration' | 'channel' | 'sink',
  name: string,
): Delivery {
  const error = new LoopError('invalid_config', `The ${what} ${name} is not registered here.`, {
    hint: 'Register it in every process whose relay runs, or turn the relay of this one off.',
  })
  report(error)
  return { kind: 'retry', error: `${error.code}: ${error.message}`, outage: true }
}
