import type { CallOptions, StopRequest } from '@loop-engine/client'

import { server } from '../api/server.ts'

/** What speaks against the name of what is to be stopped: that nothing is known by it, as far as a look tells. Else null. */
export async function doubtOf(
  target: StopRequest['target'],
  call: CallOptions,
): Promise<string | null> {
  const { instances, activity } = server
  if ('aggregateId' in target) {
    const { items } = await instances.find({ ...target, limit: 1 }, call).page()
    return items.length > 0 ? null : 'No run has this business key.'
  }
  if ('loopId' in target) {
    const { items } = await instances.find({ ...target, limit: 1 }, call).page()
    return items.length > 0 ? null : 'No run is of a loop of this name.'
  }
  if (!('actorId' in target)) return null
  // A page looks at the newest 2,000 entries.
  const { items, cursor } = await activity({ ...target, limit: 100 }, call).page()
  if (items.length > 0) return null
  return cursor === undefined
    ? 'Nobody of exactly this name has acted.'
    : 'Nobody of exactly this name has acted lately.'
}
