/** Of runs that go on: at most one of a key has one of them. */
export const openStatuses = `status IN ('active', 'suspended')`

/** Where everything of one store lives; the name was checked, so it needs no quotes. */
export function schemaV1(schema: string): string {
  return `
CREATE TABLE ${schema}.instance (
  tenant text COLLATE "C" NOT NULL,
  run_id text COLLATE "C" NOT NULL,
  loop_id text COLLATE "C" NOT NULL,
  aggregate_id text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  tags text[] NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (tenant, run_id)
) WITH (fillfactor = 70);
-- Nothing that a commit usually changes is indexed, so that updates stay within their page.
CREATE UNIQUE INDEX instance_open ON ${schema}.instance (tenant, aggregate_id)
  WHERE ${openStatuses};
CREATE INDEX instance_key ON ${schema}.instance (tenant, aggregate_id, created_at, run_id);
CREATE INDEX instance_page ON ${schema}.instance (tenant, created_at, run_id);
CREATE INDEX instance_open_page ON ${schema}.instance (tenant, created_at, run_id)
  WHERE ${openStatuses};

-- xid orders entries by the transaction that wrote them: what lies below the oldest running one is complete.
CREATE TABLE ${schema}.entry (
  tenant text COLLATE "C" NOT NULL,
  run_id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  type text COLLATE "C" NOT NULL,
  transition_id text COLLATE "C",
  at bigint NOT NULL,
  hash text COLLATE "C" NOT NULL,
  body text NOT NULL,
  evidence text,
  salt text,
  PRIMARY KEY (tenant, run_id, seq)
);
CREATE INDEX entry_hash ON ${schema}.entry (hash);
CREATE INDEX entry_xid ON ${schema}.entry (tenant, xid);

CREATE TABLE ${schema}.approval (
  tenant text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  run_id text COLLATE "C" NOT NULL,
  aggregate_id text COLLATE "C" NOT NULL,
  loop_id text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX approval_page ON ${schema}.approval (tenant, created_at, id);
CREATE INDEX approval_run ON ${schema}.approval (tenant, run_id, created_at, id);
CREATE INDEX approval_pending ON ${schema}.approval (tenant, created_at, id) WHERE status = 'pending';

-- fence is 0 while nobody holds a lease; ready_at is when the item is due or its lease runs out.
CREATE TABLE ${schema}.outbox (
  tenant text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  aggregate_id text COLLATE "C" NOT NULL,
  run_id text COLLATE "C" NOT NULL,
  lane text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  payload text NOT NULL,
  due_at bigint NOT NULL,
  ready_at bigint NOT NULL,
  attempt integer NOT NULL DEFAULT 0,
  fence bigint NOT NULL DEFAULT 0,
  worker text,
  dead boolean NOT NULL DEFAULT false,
  error text,
  died_at bigint,
  PRIMARY KEY (id, tenant)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
CREATE INDEX outbox_lane ON ${schema}.outbox (tenant, lane, seq, id) WHERE NOT dead;
CREATE INDEX outbox_ready ON ${schema}.outbox (ready_at) WHERE NOT dead;
CREATE INDEX outbox_leased ON ${schema}.outbox (tenant, lane) WHERE fence > 0;
CREATE INDEX outbox_dead ON ${schema}.outbox (tenant, died_at, id) WHERE dead;
CREATE SEQUENCE ${schema}.fence;

CREATE TABLE ${schema}.idempotency (
  tenant text COLLATE "C" NOT NULL,
  principal text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  fingerprint text NOT NULL,
  answer text NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (tenant, principal, key)
);
CREATE INDEX idempotency_at ON ${schema}.idempotency USING brin (at);

CREATE TABLE ${schema}.counter (
  tenant text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  bucket bigint NOT NULL,
  value double precision NOT NULL,
  expires_at bigint,
  PRIMARY KEY (tenant, key, bucket)
) WITH (fillfactor = 70);

CREATE TABLE ${schema}.spent (
  tenant text COLLATE "C" NOT NULL,
  receipt text COLLATE "C" NOT NULL,
  spent_by text NOT NULL,
  PRIMARY KEY (tenant, receipt)
);

CREATE TABLE ${schema}.stop (
  scope text COLLATE "C" PRIMARY KEY,
  reason text NOT NULL,
  set_by text NOT NULL,
  at bigint NOT NULL
);

CREATE TABLE ${schema}.definition (digest text COLLATE "C" PRIMARY KEY, body text NOT NULL);

-- Every entry written below horizon has its leaf; see append_log_v1.
CREATE TABLE ${schema}.log_head (
  tenant text COLLATE "C" PRIMARY KEY,
  size bigint NOT NULL,
  root text NOT NULL,
  frontier text NOT NULL,
  note text,
  horizon xid8 NOT NULL DEFAULT '0'
);
CREATE TABLE ${schema}.leaf (
  tenant text COLLATE "C" NOT NULL,
  index bigint NOT NULL,
  run_id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  leaf_hash text NOT NULL,
  PRIMARY KEY (tenant, index),
  UNIQUE (tenant, run_id, seq)
);`
}
