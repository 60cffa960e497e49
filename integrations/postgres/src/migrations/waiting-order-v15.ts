/** Lists what waits for somebody, oldest first. Programs of older versions still ask `waiting_v12`, newest first. */
export function waitingOrderV15(schema: string): string {
  return `
-- Of each name the oldest by the index, and of all of those the oldest. OFFSET 0: requests are looked up one by one.
CREATE FUNCTION ${schema}.waiting_v15(
  of_tenant text, names text[], after_ms bigint, after_id text,
  of_status text, of_run text, of_aggregate text, of_loop text, most integer
) RETURNS TABLE (body text, messages text) LANGUAGE sql STABLE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET jit = off
SET search_path = pg_catalog, pg_temp AS $$
  SELECT DISTINCT ON (one.created_at, one.id) one.body, one.messages FROM unnest(names) AS name, LATERAL (
    SELECT w.created_at, w.id, r.body, r.messages FROM ${schema}.waiting w,
      LATERAL (SELECT a.* FROM ${schema}.approval a WHERE a.tenant = w.tenant AND a.id = w.id OFFSET 0) AS r
    WHERE w.tenant = of_tenant AND w.reviewer = name AND (w.created_at, w.id) > (after_ms, after_id)
      AND (of_status IS NULL OR r.status = of_status) AND (of_run IS NULL OR r.run_id = of_run)
      AND (of_aggregate IS NULL OR r.aggregate_id = of_aggregate) AND (of_loop IS NULL OR r.loop_id = of_loop)
    ORDER BY w.created_at, w.id LIMIT most
  ) AS one ORDER BY one.created_at, one.id LIMIT most
$$;
`
}
