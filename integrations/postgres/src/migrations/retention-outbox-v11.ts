/**
 * Looks once for all runs of a step at what the outbox still has of them. No index says that, so that for each run every
 * item was looked at: with 200,000 timers a step took longer than any call may.
 */
export function retentionOutboxV11(schema: string): string {
  const path = 'SET search_path = pg_catalog, pg_temp'
  return `
CREATE FUNCTION ${schema}.owing_v11(tenants text[], runs text[]) RETURNS TABLE (tenant text, run_id text)
LANGUAGE sql STABLE SET enable_nestloop = off SET enable_mergejoin = off ${path} AS $$
  SELECT DISTINCT o.tenant, o.run_id FROM unnest(tenants, runs) AS r(tenant, run_id)
    JOIN ${schema}.outbox o ON o.tenant = r.tenant AND o.run_id = r.run_id
$$;

-- As it was, but for the outbox.
CREATE OR REPLACE FUNCTION ${schema}.prove_v3(
  this bigint, of_tenant text, before_ms bigint, after_tenant text, after_run text, most integer
) RETURNS TABLE (last_tenant text, last_run text, runs bigint, entries bigint, unsigned bigint, undelivered bigint,
  damaged bigint) LANGUAGE plpgsql SET enable_seqscan = off ${path} AS $$
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
  ), owing AS MATERIALIZED (
    SELECT o.tenant, o.run_id FROM (SELECT array_agg(c.tenant) AS tenants, array_agg(c.run_id) AS runs FROM candidate c) c,
      ${schema}.owing_v11(c.tenants, c.runs) o
  ), judged AS MATERIALIZED (
    SELECT c.*, rows.head,
      CASE
        WHEN (SELECT count(*) FROM ${schema}.leaf l WHERE l.tenant = c.tenant AND l.run_id = c.run_id
          AND l.seq <= c.version AND l.index < c.signed) < c.version THEN 'unsigned'
        WHEN rows.fitting <> c.version - c.gone THEN 'damaged'
        WHEN EXISTS (SELECT FROM owing o WHERE o.tenant = c.tenant AND o.run_id = c.run_id) THEN 'undelivered'
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
`
}
