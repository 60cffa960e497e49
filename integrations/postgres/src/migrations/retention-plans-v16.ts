/**
 * Makes retention as fast for a million runs as for a thousand. While commits wait for a partition to be removed, only entries
 * are checked that came into it since it was found that all its runs may go; before, all runs were checked again, which took
 * seconds. And a step that deletes row by row reads only its own runs; before, it read all runs and all entries that stay.
 */
export function retentionPlansV16(schema: string): string {
  const path = 'SET search_path = pg_catalog, pg_temp'
  return `
-- As before, but with another plan: runs one by one, in the order in which they are marked.
CREATE OR REPLACE FUNCTION ${schema}.delete_marked_v3(most integer) RETURNS TABLE (runs bigint, entries bigint)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off ${path} AS $$
BEGIN
  RETURN QUERY WITH batch AS MATERIALIZED (
    SELECT d.tenant, d.run_id, d.through, (SELECT i.partition_at FROM ${schema}.instance i
      WHERE i.tenant = d.tenant AND i.run_id = d.run_id) AS partition_at
    FROM ${schema}.dropped d WHERE NOT d.done ORDER BY d.tenant, d.run_id LIMIT most FOR UPDATE OF d SKIP LOCKED
  ), deleted AS (
    DELETE FROM ${schema}.entry e USING batch b WHERE e.tenant = b.tenant AND e.run_id = b.run_id
      AND e.partition_at = b.partition_at AND e.seq <= b.through RETURNING 1
  ), forgotten AS (
    DELETE FROM ${schema}.approval a USING batch b
      WHERE a.tenant = b.tenant AND a.run_id = b.run_id AND a.status <> 'pending'
  ), marked AS (
    UPDATE ${schema}.dropped d SET done = true, pending = 0 FROM batch b
      WHERE d.tenant = b.tenant AND d.run_id = b.run_id RETURNING 1
  )
  SELECT (SELECT count(*) FROM marked), (SELECT count(*) FROM deleted);
END $$;

-- As before, but for the last check, which uses the index of the partition. A partition is removed as a whole only an hour
-- after its month: by then no open transaction can begin a run in it.
CREATE OR REPLACE FUNCTION ${schema}.drop_partition_v3(part text) RETURNS bigint LANGUAGE plpgsql ${path} AS $$
DECLARE
  lowest bigint;
  upper bigint;
  held bigint;
  since xid8;
  grows boolean;
BEGIN
  SELECT p.from_at, p.to_at INTO lowest, upper FROM ${schema}.partitions_v3() p
    WHERE p.name = part AND p.to_at <= extract(epoch FROM now()) * 1000 - 3600000;
  IF NOT FOUND THEN RETURN NULL; END IF;
  -- The statements that follow see everything that older transactions did.
  since := pg_snapshot_xmin(pg_current_snapshot());
  IF ${schema}.keeps_v3(lowest, upper) THEN RETURN NULL; END IF;
  SELECT coalesce(sum(d.pending), 0) INTO held FROM ${schema}.dropped d
    JOIN ${schema}.instance i ON i.tenant = d.tenant AND i.run_id = d.run_id
    WHERE NOT d.done AND i.partition_at >= lowest AND i.partition_at < upper;
  PERFORM set_config('lock_timeout', '2s', true), set_config('enable_seqscan', 'off', true);
  LOCK TABLE ${schema}.entry IN ACCESS EXCLUSIVE MODE;
  EXECUTE format('SELECT EXISTS (SELECT FROM ${schema}.log_head h WHERE (
    SELECT count(*) FROM (SELECT FROM ${schema}.%I e WHERE e.tenant = h.tenant AND e.xid >= $1 AND e.seq > coalesce((
      SELECT d.through FROM ${schema}.dropped d WHERE d.tenant = e.tenant AND d.run_id = e.run_id), 0) LIMIT 1) one) > 0)', part)
    INTO grows USING since;
  IF grows THEN RETURN NULL; END IF;
  EXECUTE format('ALTER TABLE ${schema}.entry DETACH PARTITION ${schema}.%I', part);
  EXECUTE format('DROP TABLE ${schema}.%I', part);
  RETURN held;
END $$;
`
}
