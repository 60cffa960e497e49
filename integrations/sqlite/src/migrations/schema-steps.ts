/** Forward only. A released step never changes; a new one is appended. */
export const steps: readonly string[] = [
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
    executed TEXT NOT NULL, -- JSON: the newest seq of each executed transition
    rest TEXT NOT NULL -- JSON: what no query asks for
  ) STRICT;
  CREATE UNIQUE INDEX instance_run ON instance (tenant, run_id);
  CREATE UNIQUE INDEX instance_open ON instance (tenant, aggregate_id)
    WHERE status IN ('active', 'suspended');
  CREATE INDEX instance_aggregate ON instance (tenant, aggregate_id, created_at, run_id);
  -- Holds what lists filter by, so that one index, read in the order of the list, serves them all. The
  -- state is not in it: that would cost every transition a page.
  CREATE INDEX instance_list ON instance (tenant, created_at, run_id, loop_id, status);

  CREATE TABLE tag (
    tenant TEXT NOT NULL,
    tag TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    PRIMARY KEY (tenant, tag, created_at, run_id)
  ) STRICT, WITHOUT ROWID;

  -- Append-only but for erased evidence; pos is the order of the commits. Every index more
  -- would cost each commit a page, so there is only this one.
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

  -- Finds entries by the first 48 bits of their hash, up to progress.hashed.
  CREATE TABLE entry_hash (
    prefix INTEGER NOT NULL,
    pos INTEGER NOT NULL,
    PRIMARY KEY (prefix, pos)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE progress (
    fence INTEGER NOT NULL, -- the newest that was given out
    hashed INTEGER NOT NULL
  ) STRICT;
  INSERT INTO progress VALUES (0, 0);

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
  -- Ids and lanes are indexed as they are: those of one run, and of runs of one time, share pages, which a
  -- digest of them would scatter.
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
  CREATE INDEX outbox_id ON outbox (id);
  CREATE INDEX outbox_lane ON outbox (lane, seq) WHERE died_at IS NULL;
  CREATE INDEX outbox_ready ON outbox (ready_at) WHERE ready_at IS NOT NULL;
  CREATE INDEX outbox_dead ON outbox (tenant, died_at, id) WHERE died_at IS NOT NULL;

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
  // A receipt names the place of its entry, so nobody looks for a hash any more.
  `
  DROP TABLE entry_hash;
  ALTER TABLE progress DROP COLUMN hashed;
  `,
  // An item that is there already is found by writing it, so that nobody has to look first.
  `
  DROP INDEX outbox_id;
  CREATE UNIQUE INDEX outbox_id ON outbox (id, tenant);
  `,
  // Where channels posted a request, as JSON by channel. Beside the body, so that no commit takes it away.
  `
  ALTER TABLE approval ADD COLUMN messages TEXT;
  `,
  // What publishes an entry is never cancelled, and the entry enters once: no commit looks for its id. Only who claimed
  // it does. An item whose lane has its own name is alone there. The newest executions become an object, which a
  // statement can patch, under another name, so that a process of an older version that goes on fails and loses none.
  `
  DROP INDEX outbox_id;
  CREATE UNIQUE INDEX outbox_id ON outbox (id, tenant) WHERE kind <> 'publish';
  CREATE INDEX outbox_claimed ON outbox (id) WHERE fence > 0;
  DROP INDEX outbox_lane;
  CREATE INDEX outbox_lane ON outbox (lane, seq) WHERE died_at IS NULL AND lane <> id;
  ALTER TABLE instance RENAME COLUMN executed TO executions;
  UPDATE instance SET executions = (SELECT json_group_object(value ->> 0, value ->> 1) FROM json_each(executions));
  `,
  // A sink that is behind has one row for what it was not told of a run, from its first entry to its last: most commits
  // then lengthen a row where they added one. The column has another name, so that a process of an older version, to
  // which that is one event, fails and loses none.
  `
  ALTER TABLE outbox RENAME COLUMN seq TO first_seq;
  ALTER TABLE outbox ADD COLUMN last_seq INTEGER; -- of events that may be more than one, else NULL
  `,
  // What waits for somebody is found without reading what waits for others: a request has a row for each name that it
  // waits for. The column has another name, so that a process of an older version, which would keep none, fails.
  `
  CREATE TABLE waiting (
    tenant TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (tenant, reviewer, created_at, id)
  ) STRICT, WITHOUT ROWID;
  INSERT OR IGNORE INTO waiting SELECT tenant, name.value, created_at, approval.id
    FROM approval, json_each(body, '$.policy.stages[' || (body ->> 'stage') || '].reviewers') AS name
    WHERE status = 'pending';
  INSERT OR IGNORE INTO waiting SELECT tenant, name.value, created_at, approval.id
    FROM approval, json_each(body, '$.escalated') AS name WHERE status = 'pending';
  INSERT OR IGNORE INTO waiting SELECT tenant, one.value ->> 'to', created_at, approval.id
    FROM approval, json_each(body, '$.delegations') AS one
    WHERE status = 'pending' AND one.value ->> 'stage' = body ->> 'stage';
  ALTER TABLE approval RENAME COLUMN body TO request;
  `,
]
