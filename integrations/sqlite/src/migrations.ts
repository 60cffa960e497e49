import type { DatabaseSync } from 'node:sqlite'

import { LoopError } from '@loop-engine/core'

/** "Loop", as a number in the header of the file: no other program's file is taken for ours. */
const applicationId = 0x4c6f6f70

/** Forward only. A released step never changes; a new one is appended. */
const steps: readonly string[] = [
  `
  CREATE TABLE instance (
    id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    run_id TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    loop_id TEXT NOT NULL,
    state TEXT NOT NULL,
    status TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    tags TEXT NOT NULL,
    rest TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX instance_run ON instance (tenant, run_id);
  CREATE UNIQUE INDEX instance_open ON instance (tenant, aggregate_id)
    WHERE status IN ('active', 'suspended');
  CREATE INDEX instance_aggregate ON instance (tenant, aggregate_id, created_at, run_id);
  CREATE INDEX instance_created ON instance (tenant, created_at, run_id);
  CREATE INDEX instance_loop ON instance (tenant, loop_id, created_at, run_id);
  CREATE INDEX instance_state ON instance (tenant, state, created_at, run_id);
  CREATE INDEX instance_status ON instance (tenant, status, created_at, run_id);

  CREATE TABLE tag (
    tenant TEXT NOT NULL,
    tag TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    PRIMARY KEY (tenant, tag, created_at, run_id)
  ) STRICT, WITHOUT ROWID;

  -- Append-only but for erased evidence; pos is the order of the commits.
  CREATE TABLE entry (
    pos INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    run_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    type TEXT NOT NULL,
    transition_id TEXT,
    at INTEGER NOT NULL,
    hash TEXT NOT NULL,
    body TEXT NOT NULL,
    evidence TEXT,
    salt TEXT
  ) STRICT;
  CREATE UNIQUE INDEX entry_run ON entry (tenant, run_id, seq);
  CREATE UNIQUE INDEX entry_hash ON entry (hash, tenant);
  CREATE INDEX entry_tenant ON entry (tenant);
  CREATE INDEX entry_executed ON entry (tenant, run_id, transition_id, seq)
    WHERE type = 'loop.transition.executed';

  CREATE TABLE approval (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    loop_id TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
  ) STRICT;
  CREATE INDEX approval_created ON approval (tenant, created_at, id);
  CREATE INDEX approval_status ON approval (tenant, status, created_at, id);
  CREATE INDEX approval_run ON approval (tenant, run_id, created_at, id);
  CREATE INDEX approval_aggregate ON approval (tenant, aggregate_id, created_at, id);

  -- One item of a lane is its current one: it alone has ready_at, when it may be claimed.
  CREATE TABLE outbox (
    pos INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    lane TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    seq INTEGER NOT NULL,
    payload TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL DEFAULT 0,
    leased_until INTEGER NOT NULL DEFAULT 0,
    worker TEXT,
    ready_at INTEGER,
    error TEXT,
    died_at INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX outbox_id ON outbox (id, tenant);
  CREATE INDEX outbox_lane ON outbox (tenant, lane, seq, id) WHERE died_at IS NULL;
  CREATE INDEX outbox_ready ON outbox (ready_at, seq, id) WHERE ready_at IS NOT NULL;
  CREATE INDEX outbox_dead ON outbox (tenant, died_at, id) WHERE died_at IS NOT NULL;

  CREATE TABLE fence (last INTEGER NOT NULL) STRICT;
  INSERT INTO fence VALUES (0);

  CREATE TABLE idempotency (
    tenant TEXT NOT NULL,
    principal TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    answer TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (tenant, principal, key)
  ) STRICT;
  CREATE INDEX idempotency_at ON idempotency (at);

  CREATE TABLE counter (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    bucket INTEGER NOT NULL,
    value REAL NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (tenant, key, bucket)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX counter_expires ON counter (expires_at) WHERE expires_at IS NOT NULL;

  CREATE TABLE spent (
    tenant TEXT NOT NULL,
    receipt TEXT NOT NULL,
    by TEXT NOT NULL,
    PRIMARY KEY (tenant, receipt)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE stop (
    scope TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    by TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE definition (digest TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;

  -- Every entry of the tenant up to the position "swept" is named by a leaf.
  CREATE TABLE log_head (
    tenant TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    root TEXT NOT NULL,
    frontier TEXT NOT NULL,
    note TEXT,
    swept INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE leaf (
    tenant TEXT NOT NULL,
    number INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (tenant, number)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX leaf_entry ON leaf (tenant, run_id, seq);
  `,
]

/** Brings the file up to date. Safe with several starters: the steps run in one transaction, after another look. */
export function migrate(db: DatabaseSync): void {
  if (checkVersion(db) === steps.length) return
  db.exec('BEGIN IMMEDIATE')
  try {
    for (const step of steps.slice(checkVersion(db))) db.exec(step)
    db.exec(
      `PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${steps.length}; COMMIT`,
    )
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/** How many steps the file has seen. Refuses what this version cannot read. */
function checkVersion(db: DatabaseSync): number {
  const version = readPragma(db, 'user_version')
  if (version > steps.length) {
    throw new LoopError('unsupported', 'The SQLite file was written by a newer Loop Engine.', {
      hint: 'Use that version, or restore a file from before the upgrade.',
      details: { version, known: steps.length },
    })
  }
  const isOurs = readPragma(db, 'application_id') === applicationId
  if (isOurs || db.prepare('SELECT 1 FROM sqlite_master').get() === undefined) return version
  throw new LoopError('invalid_config', 'The SQLite file belongs to another program.', {
    hint: 'Give the store a path of its own.',
  })
}

function readPragma(db: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0)
}
