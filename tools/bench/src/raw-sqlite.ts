import { DatabaseSync } from 'node:sqlite'

import { sizes } from './drive.ts'
import type { Work } from './measure.ts'

/** The durability that the store declares for each value of `synchronous`. */
export const durabilityOf = { NORMAL: 'process', FULL: 'power' } as const

export type Synchronous = keyof typeof durabilityOf

/** The lower bound of a durable transition: compare-and-swap, entry and outbox row in one hand-written transaction. */
export function openRaw(path: string, synchronous: Synchronous): { work: Work; done(): void } {
  const db = new DatabaseSync(path)
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = ${synchronous};
    PRAGMA cache_size = -16000;
    CREATE TABLE instance (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, rest TEXT NOT NULL) STRICT;
    CREATE TABLE entry (pos INTEGER PRIMARY KEY, run_id TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL,
      body TEXT NOT NULL, evidence TEXT, salt TEXT) STRICT;
    CREATE UNIQUE INDEX entry_run ON entry (run_id, seq);
    CREATE TABLE outbox (pos INTEGER PRIMARY KEY, id TEXT NOT NULL, payload TEXT NOT NULL, due_at INTEGER NOT NULL) STRICT;
    CREATE UNIQUE INDEX outbox_id ON outbox (id);
    INSERT INTO instance VALUES (1, 0, '');
  `)
  const begin = db.prepare('BEGIN IMMEDIATE')
  const move = db.prepare('UPDATE instance SET version = ?, rest = ? WHERE id = 1 AND version = ?')
  const append = db.prepare(
    'INSERT INTO entry (run_id, seq, hash, body, evidence, salt) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const enqueue = db.prepare('INSERT INTO outbox (id, payload, due_at) VALUES (?, ?, ?)')
  const commit = db.prepare('COMMIT')
  const runId = '01a1fca3-a4df-7841-a144-e8d9617e6404'
  let version = 0
  return {
    work(count) {
      for (let done = 0; done < count; done++) {
        version += 1
        begin.run()
        move.run(version, sizes.instance.sqlite, version - 1)
        append.run(
          runId,
          version,
          version.toString(16).padStart(64, '0'),
          sizes.body,
          sizes.evidence,
          sizes.salt,
        )
        enqueue.run(`${runId}:${version}:publish:bench`, '{}', 0)
        commit.run()
      }
    },
    done: () => db.close(),
  }
}
