/** What judges and makes any plan: `commit_v1`, and what it consists of. */
export function commitFunctionsV1(schema: string): string {
  return `
CREATE TYPE ${schema}.plan_v1 AS (
  tenant text, run text, expected bigint, version bigint, state text, status text, tags text[],
  created bigint, updated bigint, loop_id text, aggregate_id text, instance text, scopes text[],
  principal text, key text, fingerprint text, answer text, at bigint,
  settle_id text, settle_fence bigint, fence_id text, fence_fence bigint, cancel text[],
  approvals json, erase bigint[], spend text, spent_by text, reservations json,
  clear_stops text[], set_stops json
);

-- Judges one plan and writes all of it but entries and outbox. Null when it is committed, else the result as JSON.
-- Refusals up to the version are returned with nothing left behind; the later ones are raised as LE001.
CREATE FUNCTION ${schema}.apply_v1(p ${schema}.plan_v1, any_stop boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  verdict text;
  known record;
  wanted record;
BEGIN
  IF p.key IS NOT NULL THEN
    INSERT INTO ${schema}.idempotency (tenant, principal, key, fingerprint, answer, at)
      VALUES (p.tenant, p.principal, p.key, p.fingerprint, p.answer, p.at) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      SELECT i.fingerprint, i.answer INTO known FROM ${schema}.idempotency i
        WHERE i.tenant = p.tenant AND i.principal = p.principal AND i.key = p.key;
      IF NOT FOUND THEN RAISE EXCEPTION 'pruned meanwhile' USING ERRCODE = '40001'; END IF;
      IF known.fingerprint <> p.fingerprint THEN RETURN '{"kind":"key-mismatch"}'; END IF;
      RETURN json_build_object('kind', 'duplicate', 'answer', known.answer)::text;
    END IF;
  END IF;

  <<checks>> BEGIN
    IF p.settle_id IS NOT NULL OR p.fence_id IS NOT NULL OR p.cancel IS NOT NULL THEN
      -- The run before its items, everywhere: a timer that fires cannot deadlock with its cancellation.
      PERFORM FROM ${schema}.instance i WHERE i.tenant = p.tenant AND i.run_id = p.run FOR NO KEY UPDATE;
    END IF;
    IF p.settle_id IS NOT NULL THEN
      PERFORM FROM ${schema}.outbox o WHERE o.id = p.settle_id AND o.tenant = p.tenant
        AND o.fence = p.settle_fence AND o.fence > 0 FOR UPDATE;
      IF NOT FOUND THEN
        verdict := json_build_object('kind', 'refused', 'reason', 'fenced', 'detail', p.settle_id);
        EXIT checks;
      END IF;
    END IF;
    IF p.fence_id IS NOT NULL THEN
      PERFORM FROM ${schema}.outbox o WHERE o.id = p.fence_id AND o.tenant = p.tenant
        AND o.fence = p.fence_fence AND o.fence > 0 FOR UPDATE;
      IF NOT FOUND THEN
        verdict := json_build_object('kind', 'refused', 'reason', 'fenced', 'detail', p.fence_id);
        EXIT checks;
      END IF;
    END IF;

    IF any_stop THEN
      SELECT s.scope INTO known FROM unnest(p.scopes) WITH ORDINALITY AS w(scope, place)
        JOIN ${schema}.stop s ON s.scope = w.scope ORDER BY w.place LIMIT 1;
      IF FOUND THEN
        verdict := json_build_object('kind', 'refused', 'reason', 'stopped', 'detail', known.scope);
        EXIT checks;
      END IF;
    END IF;

    IF p.expected = 0 THEN
      INSERT INTO ${schema}.instance
        (tenant, run_id, loop_id, aggregate_id, state, status, version, tags, created_at, updated_at, body)
        VALUES (p.tenant, p.run, p.loop_id, p.aggregate_id, p.state, p.status, p.version, p.tags, p.created, p.updated, p.instance)
        ON CONFLICT DO NOTHING;
    ELSE
      UPDATE ${schema}.instance i
        SET state = p.state, status = p.status, version = p.version, tags = p.tags, updated_at = p.updated, body = p.instance
        WHERE i.tenant = p.tenant AND i.run_id = p.run AND i.version = p.expected;
    END IF;
    IF NOT FOUND THEN
      verdict := json_build_object('kind', 'conflict', 'actual', (
        SELECT i.version FROM ${schema}.instance i WHERE i.tenant = p.tenant AND i.run_id = p.run));
    END IF;
  END;
  IF verdict IS NOT NULL THEN
    IF p.key IS NOT NULL THEN
      DELETE FROM ${schema}.idempotency i
        WHERE i.tenant = p.tenant AND i.principal = p.principal AND i.key = p.key;
    END IF;
    RETURN verdict;
  END IF;

  IF p.spend IS NOT NULL THEN
    INSERT INTO ${schema}.spent (tenant, receipt, spent_by) VALUES (p.tenant, p.spend, p.spent_by)
      ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      RAISE EXCEPTION USING ERRCODE = 'LE001',
        MESSAGE = json_build_object('kind', 'refused', 'reason', 'spent', 'detail', p.spend)::text;
    END IF;
  END IF;
  IF p.reservations IS NOT NULL THEN
    FOR wanted IN SELECT * FROM json_to_recordset(p.reservations)
      AS w(key text, bucket bigint, amount double precision, "limit" double precision, "expiresAt" bigint)
    LOOP
      INSERT INTO ${schema}.counter AS c (tenant, key, bucket, value, expires_at)
        SELECT p.tenant, wanted.key, wanted.bucket, wanted.amount, wanted."expiresAt"
          WHERE wanted.amount <= wanted."limit"
            OR EXISTS (SELECT FROM ${schema}.counter k
              WHERE k.tenant = p.tenant AND k.key = wanted.key AND k.bucket = wanted.bucket)
        ON CONFLICT (tenant, key, bucket) DO UPDATE
          SET value = c.value + excluded.value, expires_at = excluded.expires_at
          WHERE c.value + excluded.value <= wanted."limit";
      IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'LE001',
          MESSAGE = json_build_object('kind', 'refused', 'reason', 'limit', 'detail', wanted.key)::text;
      END IF;
    END LOOP;
  END IF;

  IF p.approvals IS NOT NULL THEN
    INSERT INTO ${schema}.approval (tenant, id, run_id, aggregate_id, loop_id, status, created_at, body)
      SELECT p.tenant, a.id, a.run, a.aggregate, a.loop, a.status, a.created, a.body
      FROM json_to_recordset(p.approvals)
        AS a(id text, run text, aggregate text, loop text, status text, created bigint, body text)
      ON CONFLICT (tenant, id) DO UPDATE SET run_id = excluded.run_id, aggregate_id = excluded.aggregate_id,
        loop_id = excluded.loop_id, status = excluded.status, created_at = excluded.created_at, body = excluded.body;
  END IF;
  IF p.settle_id IS NOT NULL THEN
    DELETE FROM ${schema}.outbox o WHERE o.id = p.settle_id AND o.tenant = p.tenant;
  END IF;
  IF p.cancel IS NOT NULL THEN
    DELETE FROM ${schema}.outbox o
      WHERE o.id = ANY (p.cancel) AND o.tenant = p.tenant AND o.fence = 0 AND NOT o.dead;
  END IF;
  IF p.erase IS NOT NULL THEN
    UPDATE ${schema}.entry e SET evidence = NULL, salt = NULL
      WHERE e.tenant = p.tenant AND e.run_id = p.run AND e.seq = ANY (p.erase);
  END IF;
  IF p.clear_stops IS NOT NULL THEN
    DELETE FROM ${schema}.stop s WHERE s.scope = ANY (p.clear_stops);
  END IF;
  IF p.set_stops IS NOT NULL THEN
    INSERT INTO ${schema}.stop (scope, reason, set_by, at)
      SELECT s.scope, s.reason, s.by, s.at
      FROM json_to_recordset(p.set_stops) AS s(scope text, reason text, by text, at bigint)
      ON CONFLICT (scope) DO UPDATE SET reason = excluded.reason, set_by = excluded.set_by, at = excluded.at;
  END IF;
  RETURN NULL;
END $$;

-- Null when every plan was committed, else a JSON array with null for each that was.
CREATE FUNCTION ${schema}.commit_v1(plans json, entries json, outbox json, sets_stops boolean, allow_async boolean)
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
    INSERT INTO ${schema}.entry (tenant, run_id, seq, type, transition_id, at, hash, body, evidence, salt)
      SELECT e.tenant, e.run, e.seq, e.type, e.transition, e.at, e.hash, e.body, e.evidence, e.salt
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
END $$;`
}
