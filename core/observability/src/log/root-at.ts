import { LoopError, type LoopStore } from '@loop-engine/core'

import { leafPages } from '../pages.ts'
import { createFrontier, isHash } from './merkle.ts'

/** The root of the first `size` leaves that the store has; null when it has fewer. */
export async function rootAt(
  store: LoopStore,
  tenant: string,
  size: number,
): Promise<string | null> {
  const frontier = createFrontier()
  for await (const page of leafPages(store, tenant, size)) {
    for (const { index, leafHash } of page) {
      const details = { index: frontier.size }
      if (index !== frontier.size)
        throw new LoopError('corrupt', 'A leaf of the log is missing.', { details })
      if (!isHash(leafHash))
        throw new LoopError('corrupt', 'A leaf of the log is no hash.', { details })
      frontier.append(leafHash)
    }
  }
  return frontier.size < size ? null : frontier.root()
}
