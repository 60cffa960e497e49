import type { Clock, StoreChange } from '@loop-engine/core'

import type { Database } from '../connection/database.ts'
import { listening, writeNotice } from './notice.ts'

interface Announcer {
  /** Returns at once; what comes while a notification is under way shares the next one. */
  announce(change: StoreChange): void
  /** Resolves when the last announcement has left. */
  close(): Promise<void>
}

interface AnnouncerOptions {
  readonly database: Pick<Database, 'tell'>
  readonly channel: string
  /** Whose notifications these are, so that a store does not wake itself. */
  readonly sender: string
  readonly sleep: Clock['sleep']
}

/** The pause between two notifications. */
const everyMs = 25

/**
 * Tells other processes that something was committed. Never inside the transaction that commits: a NOTIFY holds a lock
 * of the whole server until its transaction is durable, so that commits would queue behind one another.
 */
export function createAnnouncer({ database, channel, sender, sleep }: AnnouncerOptions): Announcer {
  // A notification is a transaction that is written: not when nobody listens, and nobody waits for the disk.
  const notify = {
    name: 'loop_engine.notify_v1',
    text: `SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)
      WHERE NOT pg_try_advisory_xact_lock(${listening}, hashtext($1))`,
  }
  const closing = new AbortController()
  let waiting: StoreChange | null = null
  let running: Promise<void> | null = null

  async function run(): Promise<void> {
    while (waiting !== null) {
      const { outbox } = waiting
      waiting = null
      await database.tell(notify, [channel, writeNotice({ sender, outbox })])
      await sleep(everyMs, closing.signal)
    }
    running = null
  }

  return {
    announce({ outbox }) {
      waiting = { outbox: outbox || waiting?.outbox === true }
      running ??= run()
    },
    async close() {
      closing.abort()
      await running
    },
  }
}
