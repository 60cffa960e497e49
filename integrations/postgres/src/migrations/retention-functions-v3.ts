/** What drops entries that are proven to be in the log; `retention.ts` calls it step by step. */
export function retentionFunctionsV3(schema: string): string {
  return `
-- Begins an act of retention: what is signed now is what may be dropped in it.
CREATE FUNCTION ${schema}.begin_retention_v3(of_tenant text, before_ms bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  this bigint := nextval('${schema}.retention_act');
BEGIN
  INSERT INTO ${schema}.retention (act, tenant, before, at, size, note)
    SELECT this, h.tenant, before_ms, (extract(epoch FROM clock_timestamp()) * 1000)::bigint, h.signed_size, h.signed_note
    FROM ${schema}.log_head h WHERE h.signed_size > 0 AND (of_tenant IS NULL OR h.tenant = of_tenant);
  RETURN this;
END $$;

-- Looks at some closed runs, in the order of their keys, and marks those of which every entry is the one that a leaf
-- below the signed size names. Marks nothing without an act. An entry that is missing or another than its leaf says
-- keeps its run: retention never hides what verification would find.
CREATE FUNCTION ${schema}.prove_v3(
  this bigint, of_tenant text, before_ms bigint, after_tenant text, after_run text, most integer
) RETURNS TABLE (last_tenant text, last_run text, runs bigint, entries bigint, unsigned bigint, undelivered bigint,
  damaged bigint) LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
  RETURN QUERY WITH candidate AS MATERIALIZED (
    SELECT i.tenant, i.run_id, i.version, i.partition_at, coalesce(d.through, 0) AS gone,
      CASE WHEN this IS NULL THEN h.signed_size ELSE r.size END AS signed
    FROM ${schema}.instance i
    LEFT JOIN ${schema}.dropped d ON d.tenant = i.tenant AND d.run_id = i.run_id
    LEFT JOIN ${schema}.log_head h ON h.tenant = i.tenant
    LEFT JOIN ${schema}.retention r ON r.act = this AND r.tenant = i.tenant
    WHERE (i.tenant, i.run_id) > (after_tenant, after_run) AND (of_tenant IS NULL OR i.tenant = of_tenant)
      AND i.status NOT IN ('active', 'suspended') AND i.updated_at < before_ms
      AND (d.through IS NULL OR d.through < i.version)
    ORDER BY i.tenant, i.run_id LIMIT most
  ), judged AS MATERIALIZED (
    SELECT c.*, rows.head,
      CASE
        WHEN (SELECT count(*) FROM ${schema}.leaf l WHERE l.tenant = c.tenant AND l.run_id = c.run_id
          AND l.seq <= c.version AND l.index < c.signed) < c.version THEN 'unsigned'
        WHEN rows.fitting <> c.version - c.gone THEN 'damaged'
        WHEN EXISTS (SELECT FROM ${schema}.outbox o WHERE o.tenant = c.tenant AND o.run_id = c.run_id) THEN 'undelivered'
      END AS obstacle
    FROM candidate c, LATERAL (
      SELECT count(*) FILTER (WHERE l.leaf_hash = encode(sha256('\\x00'::bytea || convert_to(e.body, 'UTF8')), 'hex')) AS fitting,
        max(encode(sha256(convert_to(E'loop-engine/entry/v1\\n' || e.body, 'UTF8')), 'hex'))
          FILTER (WHERE e.seq = c.version) AS head
      FROM ${schema}.entry e
      JOIN ${schema}.leaf l ON l.tenant = e.tenant AND l.run_id = e.run_id AND l.seq = e.seq
      WHERE e.tenant = c.tenant AND e.run_id = c.run_id AND e.partition_at = c.partition_at
        AND e.seq > c.gone AND e.seq <= c.version
    ) rows
  ), marked AS (
    INSERT INTO ${schema}.dropped AS d (tenant, run_id, through, head, act, pending)
      SELECT j.tenant, j.run_id, j.version, j.head, this, j.version - j.gone FROM judged j WHERE this IS NOT NULL AND j.obstacle IS NULL
      ON CONFLICT (tenant, run_id) DO UPDATE
        SET through = excluded.through, head = excluded.head, act = excluded.act,
          pending = d.pending + excluded.pending, done = false
  )
  SELECT (array_agg(j.tenant ORDER BY j.tenant DESC, j.run_id DESC))[1],
    (array_agg(j.run_id ORDER BY j.tenant DESC, j.run_id DESC))[1],
    count(*) FILTER (WHERE obstacle IS NULL),
    coalesce(sum(j.version - j.gone) FILTER (WHERE obstacle IS NULL), 0)::bigint,
    count(*) FILTER (WHERE obstacle = 'unsigned'), count(*) FILTER (WHERE obstacle = 'undelivered'),
    count(*) FILTER (WHERE obstacle = 'damaged')
  FROM judged j HAVING count(*) > 0;
END $$;

-- Drops a whole partition of the past if all its runs are marked, and returns how many entries it had; else null.
-- Commits wait while the partition is taken out, no longer: how its runs stand is looked at before, and again then.
CREATE FUNCTION ${schema}.drop_partition_v3(part text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  lowest bigint;
  upper bigint;
  held bigint;
BEGIN
  SELECT p.from_at, p.to_at INTO lowest, upper FROM ${schema}.partitions_v3() p
    WHERE p.name = part AND p.to_at <= extract(epoch FROM now()) * 1000;
  IF NOT FOUND OR ${schema}.keeps_v3(lowest, upper) THEN RETURN NULL; END IF;
  SELECT coalesce(sum(d.pending), 0) INTO held FROM ${schema}.dropped d
    JOIN ${schema}.instance i ON i.tenant = d.tenant AND i.run_id = d.run_id
    WHERE NOT d.done AND i.partition_at >= lowest AND i.partition_at < upper;
  PERFORM set_config('lock_timeout', '2s', true);
  LOCK TABLE ${schema}.entry IN ACCESS EXCLUSIVE MODE;
  IF ${schema}.keeps_v3(lowest, upper) THEN RETURN NULL; END IF;
  EXECUTE format('ALTER TABLE ${schema}.entry DETACH PARTITION ${schema}.%I', part);
  EXECUTE format('DROP TABLE ${schema}.%I', part);
  RETURN held;
END $$;

-- Whether a run of this partition is not marked up to its last entry.
CREATE FUNCTION ${schema}.keeps_v3(lowest bigint, upper bigint) RETURNS boolean LANGUAGE sql VOLATILE AS $$
  SELECT EXISTS (SELECT FROM ${schema}.instance i
    LEFT JOIN ${schema}.dropped d ON d.tenant = i.tenant AND d.run_id = i.run_id
    WHERE i.partition_at >= lowest AND i.partition_at < upper AND (d.through IS NULL OR d.through < i.version))
$$;

-- Deletes what is still there of some marked runs, and their approvals, which quote the same evidence.
CREATE FUNCTION ${schema}.delete_marked_v3(most integer) RETURNS TABLE (runs bigint, entries bigint)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
  RETURN QUERY WITH batch AS MATERIALIZED (
    SELECT d.tenant, d.run_id, d.through, i.partition_at FROM ${schema}.dropped d
    JOIN ${schema}.instance i ON i.tenant = d.tenant AND i.run_id = d.run_id
    WHERE NOT d.done ORDER BY d.tenant, d.run_id LIMIT most FOR UPDATE OF d SKIP LOCKED
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

-- Acts under which nothing was dropped are not worth a row.
CREATE FUNCTION ${schema}.end_retention_v3(this bigint) RETURNS void LANGUAGE sql AS $$
  DELETE FROM ${schema}.retention r WHERE r.act = this
    AND NOT EXISTS (SELECT FROM ${schema}.dropped d WHERE d.act = this AND d.tenant = r.tenant)
$$;`
}
