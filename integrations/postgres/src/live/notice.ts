import type { StoreChange } from '@loop-engine/core'

/** What one store tells the others, which listen on the same channel. */
interface Notice extends StoreChange {
  readonly sender: string
}

export function writeNotice({ sender, outbox }: Notice): string {
  return `${sender} ${outbox ? 'outbox' : 'entries'}`
}

/** Reads a notice. Anybody who may connect may notify, so an unknown payload counts as a change of the outbox. */
export function readNotice(payload: string): Notice {
  const [sender = '', kind] = payload.split(' ')
  return { sender, outbox: kind !== 'entries' }
}

/** The first half of the key of the lock that listeners share; the second half is the digest of the channel. */
export const listening = `hashtext('loop-engine/listening')`

/** The channel of a store: NOTIFY reaches one database, in which each schema is a store. */
export function channelOf(schema: string): string {
  return `loop_engine:${schema}`
}
