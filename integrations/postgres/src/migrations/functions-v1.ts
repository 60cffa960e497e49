import { commitFunctionsV1 } from './functions-commit-v1.ts'
import { plainFunctionsV1 } from './functions-plain-v1.ts'

/**
 * The functions of schema version 1. Commits hold a shared lock on the stops from before they look until they
 * are durable, and setting a stop takes it exclusively: an acknowledged stop is seen by every later commit.
 */
export function functionsV1(schema: string): string {
  return [commitFunctionsV1, plainFunctionsV1, outboxFunctionsV1, logFunctionsV1]
    .map((functions) => functions(schema))
    .join('\n')
}

function outboxFunctionsV1(schema: string): string {
  return `
-- Leases the heads of lanes. Subqueries, not joins: the plan must stop at its limit, whatever the statistics say.
-- Whoever held another item of such a lane has lost it.
CREATE FUNCTION ${schema}.claim_v1(worker_name text, now_ms bigint, until_ms bigint, most integer, wanted text[])
RETURNS SETOF ${schema}.outbox LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
  RETURN QUERY WITH head AS MATERIALIZED (
    SELECT o.id, o.tenant, o.lane FROM ${schema}.outbox o
    WHERE NOT o.dead AND o.ready_at <= now_ms AND (wanted IS NULL OR o.kind = ANY (wanted))
      AND o.id = (SELECT b.id FROM ${schema}.outbox b
        WHERE b.tenant = o.tenant AND b.lane = o.lane AND NOT b.dead ORDER BY b.seq, b.id LIMIT 1)
      AND (SELECT count(*) FROM ${schema}.outbox b WHERE b.tenant = o.tenant AND b.lane = o.lane
        AND b.fence > 0 AND b.ready_at > now_ms AND b.id <> o.id) = 0
    ORDER BY o.ready_at, o.seq, o.id LIMIT most FOR UPDATE SKIP LOCKED
  ), lost AS (
    UPDATE ${schema}.outbox o SET fence = 0, ready_at = o.due_at FROM head
    WHERE o.tenant = head.tenant AND o.lane = head.lane AND o.fence > 0 AND o.id <> head.id
  )
  UPDATE ${schema}.outbox o
    SET attempt = o.attempt + 1, fence = nextval('${schema}.fence'), ready_at = until_ms, worker = worker_name
    FROM head WHERE o.id = head.id AND o.tenant = head.tenant RETURNING o.*;
END $$;

CREATE FUNCTION ${schema}.settle_v1(settlements json) RETURNS boolean[] LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  s record;
  held boolean[];
BEGIN
  FOR s IN SELECT * FROM json_to_recordset(settlements)
    AS s(place integer, id text, fence bigint, kind text, due bigint, died bigint, error text) ORDER BY id, place
  LOOP
    IF s.kind = 'done' THEN
      DELETE FROM ${schema}.outbox o WHERE o.id = s.id AND o.fence = s.fence AND o.fence > 0;
    ELSIF s.kind = 'retry' THEN
      UPDATE ${schema}.outbox o SET fence = 0, due_at = s.due, ready_at = s.due, error = s.error
        WHERE o.id = s.id AND o.fence = s.fence AND o.fence > 0;
    ELSE
      UPDATE ${schema}.outbox o SET fence = 0, dead = true, died_at = s.died, error = s.error
        WHERE o.id = s.id AND o.fence = s.fence AND o.fence > 0;
    END IF;
    held[s.place] := FOUND;
  END LOOP;
  RETURN held;
END $$;`
}

function logFunctionsV1(schema: string): string {
  return `
-- The horizon is the oldest transaction that has, or may still write, an entry without a leaf.
CREATE FUNCTION ${schema}.append_log_v1(
  of_tenant text, expected_size bigint, leaves json, new_size bigint, new_root text, new_frontier text, new_note text
) RETURNS boolean LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  oldest_running xid8;
BEGIN
  INSERT INTO ${schema}.log_head (tenant, size, root, frontier)
    VALUES (of_tenant, 0, encode(sha256(''), 'hex'), '[]') ON CONFLICT DO NOTHING;
  PERFORM FROM ${schema}.log_head h WHERE h.tenant = of_tenant AND h.size = expected_size FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  INSERT INTO ${schema}.leaf (tenant, index, run_id, seq, leaf_hash)
    SELECT of_tenant, l.index, l."runId", l.seq, l."leafHash"
    FROM json_to_recordset(leaves) AS l(index bigint, "runId" text, seq bigint, "leafHash" text);
  oldest_running := pg_snapshot_xmin(pg_current_snapshot());
  UPDATE ${schema}.log_head h
    SET size = new_size, root = new_root, frontier = new_frontier, note = new_note,
      horizon = least(oldest_running, (SELECT e.xid FROM ${schema}.unlogged_v1(of_tenant, 1) e))
    WHERE h.tenant = of_tenant;
  RETURN true;
END $$;

-- A horizon from the future comes from a restored dump, whose transactions were numbered by another server.
CREATE FUNCTION ${schema}.unlogged_v1(of_tenant text, most bigint)
RETURNS SETOF ${schema}.entry LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  lowest xid8;
BEGIN
  SELECT h.horizon INTO lowest FROM ${schema}.log_head h
    WHERE h.tenant = of_tenant AND h.horizon <= pg_snapshot_xmax(pg_current_snapshot());
  RETURN QUERY SELECT e.* FROM ${schema}.entry e
    WHERE e.tenant = of_tenant AND e.xid >= coalesce(lowest, '0')
      AND NOT EXISTS (SELECT FROM ${schema}.leaf l
        WHERE l.tenant = e.tenant AND l.run_id = e.run_id AND l.seq = e.seq)
    ORDER BY e.xid, e.run_id, e.seq LIMIT most;
END $$;`
}
