/**
 * Gives what waits behind an item that is tried again later the time of that item, so that a claim need not walk it again
 * until then: with a sink that is away, that soon is nearly all there is. Nobody leases that item before its time, and then
 * nothing behind it is late; only who cancels it, as the engine does with timers alone, lets those wait until then.
 */
export function blockedItemsV7(schema: string): string {
  const outbox = `${schema}.outbox`
  // In the order of the index, and no further than the limit, whatever the server knows of the table.
  const settings =
    'SET enable_seqscan = off SET enable_bitmapscan = off SET search_path = pg_catalog, pg_temp'
  return `
-- As it was, but for the loop: it looks at no more than may be claimed, unless there is something blocked among it.
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
    SELECT o.id, o.tenant, o.lane FROM ${outbox} o
    WHERE NOT o.dead AND o.ready_at <= now_ms AND (wanted IS NULL OR o.kind = ANY (wanted))
      AND o.id = (SELECT b.id FROM ${outbox} b
        WHERE b.tenant = o.tenant AND b.lane = o.lane AND NOT b.dead ORDER BY b.seq, b.id LIMIT 1)
      AND (SELECT count(*) FROM ${outbox} b WHERE b.tenant = o.tenant AND b.lane = o.lane
        AND b.fence > 0 AND b.ready_at > now_ms AND b.id <> o.id) = 0
    ORDER BY o.ready_at, o.seq, o.id LIMIT most FOR UPDATE SKIP LOCKED
  ), lost AS (
    UPDATE ${outbox} o SET fence = 0, ready_at = o.due_at FROM head
    WHERE o.tenant = head.tenant AND o.lane = head.lane AND o.fence > 0 AND o.id <> head.id
  )
  UPDATE ${outbox} o
    SET attempt = o.attempt + 1, fence = nextval('${schema}.fence'), ready_at = until_ms, worker = worker_name
    FROM head WHERE o.id = head.id AND o.tenant = head.tenant RETURNING o.*;
END $$;

-- The head of a lane, unless another item holds the lane, or else when a lease runs out.
CREATE FUNCTION ${schema}.next_due_at_v7() RETURNS bigint LANGUAGE plpgsql STABLE ${settings} AS $$
BEGIN
  RETURN least(
    (SELECT o.ready_at FROM ${outbox} o WHERE NOT o.dead
      AND o.id = (SELECT b.id FROM ${outbox} b
        WHERE b.tenant = o.tenant AND b.lane = o.lane AND NOT b.dead ORDER BY b.seq, b.id LIMIT 1)
      AND (SELECT count(*) FROM ${outbox} b
        WHERE b.tenant = o.tenant AND b.lane = o.lane AND b.fence > 0 AND b.id <> o.id) = 0
      ORDER BY o.ready_at LIMIT 1),
    (SELECT min(o.ready_at) FROM ${outbox} o WHERE o.fence > 0));
END $$;
`
}
