import { readMessages, type PostedMessage } from '@loop-engine/core'

import type { Connection } from '../connection/connection.ts'
import type { Outbox } from './outbox.ts'

/** Keeps where a request was posted. Expects to run inside a transaction. */
export function createKeepMessage(
  { prepare }: Connection,
  outbox: Outbox,
): (posted: PostedMessage) => boolean {
  const read = prepare<[messages: string | null]>(
    'SELECT messages FROM approval WHERE tenant = ? AND id = ?',
  )
  const write = prepare('UPDATE approval SET messages = ? WHERE tenant = ? AND id = ?')

  return ({ tenant, requestId, channel, ref, lease }) => {
    if (!outbox.holds(tenant, lease)) return false
    const [kept = null] = read.get(tenant, requestId) ?? []
    const others = kept === null ? {} : readMessages(kept)
    write.run(JSON.stringify({ ...others, [channel]: ref }), tenant, requestId)
    return true
  }
}
