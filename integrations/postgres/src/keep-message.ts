import { readMessages, type LoopStore } from '@loop-engine/core'

import { statementsOf, type Database } from './connection/database.ts'

interface Kept {
  readonly messages: string | null
  readonly held: boolean
}

/** Keeps where a request was posted, without losing what others keep at the same time. */
export function createKeepMessage(database: Database, schema: string): LoopStore['keepMessage'] {
  const lease = `EXISTS (SELECT FROM ${schema}.outbox WHERE tenant = $1 AND id = $3 AND fence = $4 AND fence > 0)`
  const statement = statementsOf(schema)
  const read = statement(
    'read_messages_v4',
    `SELECT messages, ${lease} AS held FROM ${schema}.approval WHERE tenant = $1 AND id = $2`,
  )
  const write = statement(
    'write_messages_v4',
    `UPDATE ${schema}.approval SET messages = $5
      WHERE tenant = $1 AND id = $2 AND messages IS NOT DISTINCT FROM $6 AND ${lease}`,
  )
  return async ({ tenant, requestId, channel, ref, lease: { id, fence } }) => {
    const place = [tenant, requestId, id, fence]
    for (;;) {
      const [kept] = await database.read<Kept>(read, place)
      if (!kept?.held) return false
      const others = kept.messages === null ? {} : readMessages(kept.messages)
      const messages = JSON.stringify({ ...others, [channel]: ref })
      // Somebody else kept one in between, or the lease was lost.
      if ((await database.change(write, [...place, messages, kept.messages])) === 1) return true
    }
  }
}
