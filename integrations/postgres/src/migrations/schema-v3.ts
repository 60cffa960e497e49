/**
 * Partitions the ledger by the month in which a run began, on the server's clock. All entries of a run lie in one
 * partition, so that its own index keeps (tenant, run_id, seq) unique, as it did before. What was there becomes the
 * oldest partition as it is: no row is copied.
 */
export function schemaV3(schema: string): string {
  return `
-- In the order in which commits take them.
LOCK TABLE ${schema}.instance, ${schema}.idempotency, ${schema}.outbox, ${schema}.entry, ${schema}.log_head
  IN ACCESS EXCLUSIVE MODE;

-- 0 for runs that are older than the partitions. Nobody but the server sets it, and nothing changes it.
ALTER TABLE ${schema}.instance ADD COLUMN partition_at bigint NOT NULL DEFAULT 0;
ALTER TABLE ${schema}.instance ALTER COLUMN partition_at
  SET DEFAULT (extract(epoch FROM statement_timestamp()) * 1000)::bigint;
CREATE INDEX instance_partition ON ${schema}.instance USING brin (partition_at);

DROP FUNCTION ${schema}.unlogged_v1(text, bigint);
ALTER TABLE ${schema}.entry RENAME TO entry_unpartitioned;
ALTER TABLE ${schema}.entry_unpartitioned ADD COLUMN partition_at bigint NOT NULL DEFAULT 0;
ALTER TABLE ${schema}.entry_unpartitioned DROP CONSTRAINT entry_pkey;
-- A receipt names the place of its entry, so nobody looks for a hash any more.
DROP INDEX IF EXISTS ${schema}.entry_hash;
ALTER INDEX ${schema}.entry_xid RENAME TO entry_unpartitioned_xid;

CREATE TABLE ${schema}.entry (LIKE ${schema}.entry_unpartitioned INCLUDING DEFAULTS) PARTITION BY RANGE (partition_at);
ALTER TABLE ${schema}.entry ALTER COLUMN partition_at DROP DEFAULT;
ALTER TABLE ${schema}.entry ADD PRIMARY KEY (tenant, run_id, seq, partition_at);
CREATE INDEX entry_xid ON ${schema}.entry (tenant, xid);
DO $$ BEGIN
  IF EXISTS (SELECT FROM ${schema}.entry_unpartitioned) THEN
    ALTER TABLE ${schema}.entry_unpartitioned ADD PRIMARY KEY (tenant, run_id, seq, partition_at);
    ALTER TABLE ${schema}.entry ATTACH PARTITION ${schema}.entry_unpartitioned FOR VALUES FROM (MINVALUE) TO (1);
  ELSE
    DROP TABLE ${schema}.entry_unpartitioned;
  END IF;
END $$;
-- Takes what no other partition does: no commit ever fails for want of one.
CREATE TABLE ${schema}.entry_default PARTITION OF ${schema}.entry DEFAULT;

-- The newest checkpoint that was signed, also while a longer head is not signed yet: what it covers may be dropped.
ALTER TABLE ${schema}.log_head ADD COLUMN signed_size bigint NOT NULL DEFAULT 0, ADD COLUMN signed_note text;
UPDATE ${schema}.log_head SET signed_size = size, signed_note = note WHERE note IS NOT NULL;
CREATE FUNCTION ${schema}.keep_signed_v3() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.signed_size := NEW.size;
  NEW.signed_note := NEW.note;
  RETURN NEW;
END $$;
CREATE TRIGGER keep_signed BEFORE INSERT OR UPDATE ON ${schema}.log_head
  FOR EACH ROW WHEN (NEW.note IS NOT NULL) EXECUTE FUNCTION ${schema}.keep_signed_v3();

-- Each time that entries were dropped, and the signed checkpoint that covered them.
CREATE TABLE ${schema}.retention (
  act bigint NOT NULL,
  tenant text COLLATE "C" NOT NULL,
  before bigint NOT NULL,
  at bigint NOT NULL,
  size bigint NOT NULL,
  note text NOT NULL,
  PRIMARY KEY (act, tenant)
);
CREATE SEQUENCE ${schema}.retention_act;
-- Entries up to through are dropped, or proven and about to be; their leaves stay. head is the hash of the last of them,
-- pending is how many are still to go.
CREATE TABLE ${schema}.dropped (
  tenant text COLLATE "C" NOT NULL,
  run_id text COLLATE "C" NOT NULL,
  through bigint NOT NULL,
  head text NOT NULL,
  act bigint NOT NULL,
  pending bigint NOT NULL,
  done boolean NOT NULL DEFAULT false,
  PRIMARY KEY (tenant, run_id)
);
CREATE INDEX dropped_pending ON ${schema}.dropped (tenant, run_id) WHERE NOT done;
`
}
