/**
 * Gives what may be claimed in the order in which it became ready, as the other stores do: when it was due, or its lease ran
 * out. Whoever holds a lane comes first in it, even once the lease has run out. A count of attempts that somebody changed to
 * the most that the column holds stops no claim.
 */
export function claimOrderV14(schema: string): string {
  const outbox = `${schema}.outbox`
  const settings =
    'SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET jit = off SET search_path = pg_catalog, pg_temp'
  return `
-- As it was, but for what it returns, and who comes first in a lane.
CREATE OR REPLACE FUNCTION ${schema}.claim_v1(worker_name text, now_ms bigint, until_ms bigint, most integer, wanted text[])
RETURNS SETOF ${outbox} LANGUAGE plpgsql ${settings} AS $$
DECLARE
  few integer;
BEGIN
  FOREACH few IN ARRAY ARRAY[most, 5000] LOOP
    WITH due AS MATERIALIZED (
      SELECT o.id, o.tenant, o.lane FROM ${outbox} o
      WHERE NOT o.dead AND o.ready_at <= now_ms AND o.fence = 0
        AND (SELECT count(*) FROM ${outbox} b WHERE b.tenant = o.tenant AND b.lane = o.lane
          AND b.fence > 0 AND b.ready_at > now_ms) = 0
      ORDER BY o.ready_at LIMIT few
    ), blocked AS MATERIALIZED (
      SELECT due.id, due.tenant, (SELECT CASE WHEN b.fence = 0 AND b.attempt > 0 THEN b.ready_at END FROM ${outbox} b
        WHERE b.tenant = due.tenant AND b.lane = due.lane AND NOT b.dead ORDER BY b.seq, b.id LIMIT 1) AS until
      FROM due
    ), mine AS MATERIALIZED (
      SELECT o.id, o.tenant, blocked.until FROM blocked JOIN ${outbox} o ON o.id = blocked.id AND o.tenant = blocked.tenant
      WHERE blocked.until > now_ms AND o.fence = 0 FOR UPDATE OF o SKIP LOCKED
    )
    UPDATE ${outbox} o SET ready_at = mine.until FROM mine WHERE o.id = mine.id AND o.tenant = mine.tenant;
    EXIT WHEN NOT FOUND;
  END LOOP;
  RETURN QUERY WITH head AS MATERIALIZED (
    SELECT o.id, o.tenant, o.ready_at FROM ${outbox} o
    WHERE NOT o.dead AND o.ready_at <= now_ms AND (wanted IS NULL OR o.kind = ANY (wanted)) AND ${isFirst(outbox)}
    ORDER BY o.ready_at, o.seq, o.id LIMIT most FOR UPDATE SKIP LOCKED
  ), leased AS (
    UPDATE ${outbox} o
      SET attempt = least(o.attempt, 2147483646) + 1, fence = nextval('${schema}.fence'), ready_at = until_ms, worker = worker_name
      FROM head WHERE o.id = head.id AND o.tenant = head.tenant RETURNING o, head.ready_at AS was
  )
  SELECT (l.o).* FROM leased l ORDER BY l.was, (l.o).seq, (l.o).id;
END $$;
`
}

/** Whether it is the turn of the item `o` in its lane: who holds the lane, or else the first in it. */
export function isFirst(outbox: string): string {
  const inLane = 'b.tenant = o.tenant AND b.lane = o.lane'
  return `o.id = coalesce(
      (SELECT b.id FROM ${outbox} b WHERE ${inLane} AND b.fence > 0 LIMIT 1),
      (SELECT b.id FROM ${outbox} b WHERE ${inLane} AND NOT b.dead ORDER BY b.seq, b.id LIMIT 1))`
}
