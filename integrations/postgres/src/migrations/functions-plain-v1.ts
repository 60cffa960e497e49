/** The quick ways to make plans that are no more than an entry of a known run and an item in its outbox. */
export function plainFunctionsV1(schema: string): string {
  return `
-- The usual plan alone: one more entry of a run, and at most one item in its outbox. Null when it was committed; else nothing was done and
-- commit_v1 finds out why.
CREATE FUNCTION ${schema}.commit_one_v1(
  of_tenant text, run text, of_aggregate text, expected bigint, next_version bigint, next_state text, next_status text,
  next_tags text, updated bigint, instance text, entry_type text, transition text, entry_at bigint, entry_hash text,
  entry_body text, entry_evidence text, entry_salt text, item_id text, item_lane text, item_kind text, item_name text,
  item_seq bigint, item_payload text, item_due bigint, of_principal text, of_key text, fingerprint text, answer text,
  key_at bigint, allow_async boolean
) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed'
    OR (NOT allow_async AND current_setting('synchronous_commit') = 'off') THEN
    RETURN 'settings';
  END IF;
  PERFORM pg_advisory_xact_lock_shared(hashtext('loop-engine/stops'), hashtext('${schema}'));
  UPDATE ${schema}.instance i SET state = next_state, status = next_status, version = next_version, tags = next_tags::text[],
    updated_at = updated, body = instance
    WHERE i.tenant = of_tenant AND i.run_id = run AND i.version = expected
      AND NOT EXISTS (SELECT FROM ${schema}.stop);
  IF NOT FOUND THEN RETURN 'version or stop'; END IF;
  IF of_key IS NOT NULL THEN
    INSERT INTO ${schema}.idempotency VALUES (of_tenant, of_principal, of_key, fingerprint, answer, key_at);
  END IF;
  INSERT INTO ${schema}.entry (tenant, run_id, seq, type, transition_id, at, hash, body, evidence, salt)
    VALUES (of_tenant, run, next_version, entry_type, transition, entry_at, entry_hash, entry_body, entry_evidence, entry_salt);
  IF item_id IS NOT NULL THEN
    INSERT INTO ${schema}.outbox (tenant, id, aggregate_id, run_id, lane, kind, name, seq, payload, due_at, ready_at)
      VALUES (of_tenant, item_id, of_aggregate, run, item_lane, item_kind, item_name, item_seq, item_payload, item_due, item_due)
      ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;

-- The same for many plans, one place of each array a plan.
-- Null when all were committed, else the places of those that were not; commit_v1 finds out why. A place of which
-- the key is known fails all.
CREATE FUNCTION ${schema}.commit_plain_v1(
  tenants text[], runs text[], aggregates text[], expected bigint[], versions bigint[], states text[], statuses text[],
  tag_lists text[], updated bigint[], instances text[], entry_types text[], transitions text[], entry_ats bigint[],
  hashes text[], bodies text[], evidences text[], salts text[], item_ids text[], lanes text[], kinds text[],
  names text[], seqs bigint[], payloads text[], dues bigint[], principals text[], keys text[], fingerprints text[],
  answers text[], key_ats bigint[], allow_async boolean
) RETURNS bigint[] LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  done bigint[];
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed'
    OR (NOT allow_async AND current_setting('synchronous_commit') = 'off') THEN
    RETURN ARRAY(SELECT generate_series(1, cardinality(runs)));
  END IF;
  PERFORM pg_advisory_xact_lock_shared(hashtext('loop-engine/stops'), hashtext('${schema}'));
  WITH wanted AS MATERIALIZED (
    -- In the order of the runs, as everywhere: two statements never wait for each other.
    SELECT * FROM unnest(tenants, runs, aggregates, expected, versions, states, statuses, tag_lists, updated,
      instances, entry_types, transitions, entry_ats, hashes, bodies, evidences, salts, item_ids, lanes, kinds, names,
      seqs, payloads, dues, principals, keys, fingerprints, answers, key_ats) WITH ORDINALITY
    AS p(tenant, run, aggregate, expected, version, state, status, tags, updated, instance, type, transition, entry_at,
      hash, body, evidence, salt, item, lane, kind, name, seq, payload, due, principal, key, fingerprint, answer,
      key_at, place)
    WHERE NOT EXISTS (SELECT FROM ${schema}.stop)
    ORDER BY tenant, aggregate
  ), moved AS (
    UPDATE ${schema}.instance i SET state = p.state, status = p.status, version = p.version, tags = p.tags::text[],
      updated_at = p.updated, body = p.instance
    FROM wanted p WHERE i.tenant = p.tenant AND i.run_id = p.run AND i.version = p.expected
    RETURNING p.*
  ), remembered AS (
    INSERT INTO ${schema}.idempotency (tenant, principal, key, fingerprint, answer, at)
      SELECT tenant, principal, key, fingerprint, answer, key_at FROM moved WHERE key IS NOT NULL
  ), recorded AS (
    INSERT INTO ${schema}.entry (tenant, run_id, seq, type, transition_id, at, hash, body, evidence, salt)
      SELECT tenant, run, version, type, transition, entry_at, hash, body, evidence, salt FROM moved
  ), enqueued AS (
    INSERT INTO ${schema}.outbox (tenant, id, aggregate_id, run_id, lane, kind, name, seq, payload, due_at, ready_at)
      SELECT tenant, item, aggregate, run, lane, kind, name, seq, payload, due, due FROM moved WHERE item IS NOT NULL
      ON CONFLICT DO NOTHING
  )
  SELECT array_agg(place) INTO done FROM moved;
  IF cardinality(done) = cardinality(runs) THEN RETURN NULL; END IF;
  RETURN ARRAY(SELECT place FROM generate_series(1, cardinality(runs)) AS place WHERE NOT place = ANY (coalesce(done, '{}')));
END $$;`
}
