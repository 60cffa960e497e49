import type { Clock, StoreChange } from '@loop-engine/core'

import type { Database } from '../connection/database.ts'
import { listening, writeNotice } from './notice.ts'

interface Announcer {
  /** Returns at once. Changes that come while a notification is under way share the next one. */
  announce(change: StoreChange): void
  /** Resolves when the last announcement has left. */
  close(): Promise<void>
}

interface AnnouncerOptions {
  readonly database: Pick<Database, 'tell'>
  readonly channel: string
  /** The sender of these notifications, so that a store does not wake itself. */
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
  // Sends nothing if nobody listens, and does not wait for the disk, because a notification is a transaction of its own.
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
