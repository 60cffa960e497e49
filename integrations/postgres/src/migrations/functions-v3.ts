/** What makes any plan, and what finds unlogged entries, with entries in the partition of their run. */
export function functionsV3(schema: string): string {
  return `
-- Null when every plan was committed, else a JSON array with null for each that was.
CREATE OR REPLACE FUNCTION ${schema}.commit_v1(plans json, entries json, outbox json, sets_stops boolean, allow_async boolean)
RETURNS text LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  p ${schema}.plan_v1;
  any_stop boolean;
  verdict text;
  results text[] := '{}';
  refused integer[] := '{}';
  place integer := 0;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed'
    OR (NOT allow_async AND current_setting('synchronous_commit') = 'off') THEN
    RAISE EXCEPTION 'settings' USING ERRCODE = 'LE002';
  END IF;
  IF sets_stops THEN
    PERFORM pg_advisory_xact_lock(hashtext('loop-engine/stops'), hashtext('${schema}'));
  ELSE
    PERFORM pg_advisory_xact_lock_shared(hashtext('loop-engine/stops'), hashtext('${schema}'));
  END IF;
  any_stop := EXISTS (SELECT FROM ${schema}.stop);

  FOR p IN SELECT * FROM json_populate_recordset(NULL::${schema}.plan_v1, plans) LOOP
    IF p.spend IS NULL AND p.reservations IS NULL THEN
      verdict := ${schema}.apply_v1(p, any_stop);
    ELSE
      BEGIN
        verdict := ${schema}.apply_v1(p, any_stop);
      EXCEPTION WHEN SQLSTATE 'LE001' THEN
        verdict := SQLERRM;
      END;
    END IF;
    IF verdict IS NOT NULL THEN refused := refused || place; END IF;
    results := results || coalesce(verdict, 'null');
    place := place + 1;
  END LOOP;

  IF cardinality(refused) < place THEN
    INSERT INTO ${schema}.entry (tenant, run_id, seq, type, transition_id, at, hash, body, evidence, salt, partition_at)
      SELECT e.tenant, e.run, e.seq, e.type, e.transition, e.at, e.hash, e.body, e.evidence, e.salt,
        (SELECT i.partition_at FROM ${schema}.instance i WHERE i.tenant = e.tenant AND i.run_id = e.run)
      FROM json_to_recordset(entries) AS e(plan integer, tenant text, run text, seq bigint, type text,
        transition text, at bigint, hash text, body text, evidence text, salt text)
      WHERE NOT (e.plan = ANY (refused));
    IF outbox IS NOT NULL THEN
      INSERT INTO ${schema}.outbox (tenant, id, aggregate_id, run_id, lane, kind, name, seq, payload, due_at, ready_at)
        SELECT o.tenant, o.id, o.aggregate, o.run, o.lane, o.kind, o.name, o.seq, o.payload, o.due, o.due
        FROM json_to_recordset(outbox) AS o(plan integer, tenant text, id text, aggregate text, run text, lane text,
          kind text, name text, seq bigint, payload text, due bigint)
        WHERE NOT (o.plan = ANY (refused))
        ON CONFLICT DO NOTHING;
    END IF;
  END IF;
  IF cardinality(refused) = 0 THEN RETURN NULL; END IF;
  RETURN '[' || array_to_string(results, ',') || ']';
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
