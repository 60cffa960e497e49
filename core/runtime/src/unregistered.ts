import { LoopError } from '@loop-engine/core'

import type { Delivery } from './delivery.ts'
import type { Kernel } from './kernel.ts'

/**
 * Another process may have what this one lacks, as while a new version is rolled out: the item comes again, for as long
 * as if the other side were away. Who watches this process hears of it.
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
