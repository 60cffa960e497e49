import type { Connection } from './connection.ts'

/** What is neither judged nor delivered. Expects to run inside a transaction. */
export interface Upkeep {
  putDefinition(digest: string, text: string): void
  prune(before: number): number
}

export function createUpkeep({ prepare }: Connection): Upkeep {
  const define = prepare(
    'INSERT INTO definition (digest, text) VALUES (?, ?) ON CONFLICT DO NOTHING',
  )
  const pruneKeys = prepare('DELETE FROM idempotency WHERE at < ?')
  const pruneCounters = prepare('DELETE FROM counter WHERE expires_at < ?')
  return {
    putDefinition: (digest, text) => void define.run(digest, text),
    prune: (before) => pruneKeys.run(before) + pruneCounters.run(before),
  }
}
