/** The texts of a plain plan, in the order in which `commit_one_v3` and `commit_plain_v3` take them. */
export const plainTexts = [
  'tenant',
  'run',
  'aggregate',
  'state',
  'status',
  'tags',
  'instance',
  'type',
  'transition',
  'hash',
  'body',
  'evidence',
  'salt',
  'item',
  'lane',
  'kind',
  'name',
  'payload',
  'principal',
  'key',
  'fingerprint',
  'answer',
] as const

/** Its numbers, which follow. */
export const plainNumbers = [
  'expected',
  'version',
  'updated',
  'at',
  'itemSeq',
  'due',
  'keyAt',
] as const

export type PlainText = (typeof plainTexts)[number]
export type PlainNumber = (typeof plainNumbers)[number]
export type PlainName = PlainText | PlainNumber

const texts = plainTexts.length
const numbers = plainNumbers.length

/** Of the plan at `place`, which counts from one, in the arrays `t` and `n`. */
function placed(name: PlainName): string {
  const text = plainTexts.findIndex((each) => each === name)
  if (text !== -1) return `t[(place - 1) * ${texts} + ${text + 1}]`
  return `n[(place - 1) * ${numbers} + ${plainNumbers.findIndex((each) => each === name) + 1}]`
}

/** The quick ways to make plans that are no more than an entry of a known run and an item in its outbox. */
export function plainFunctionsV3(schema: string): string {
  const each = (...names: PlainName[]): string => names.map(placed).join(', ')
  const parameters = [
    ...plainTexts.map((name) => `of_${name} text`),
    ...plainNumbers.map((name) => `of_${name} bigint`),
  ].join(', ')
  // One expression, which the server evaluates without planning anything: the second half takes the lock, and is never true.
  const mayNot = `current_setting('transaction_isolation') <> 'read committed'
    OR (NOT allow_async AND current_setting('synchronous_commit') = 'off')
    OR pg_advisory_xact_lock_shared(hashtext('loop-engine/stops'), hashtext('${schema}')) IS NULL`
  return `
-- The usual plan alone: one more entry of a run, and at most one item in its outbox. Null when it was committed; else nothing was done and
-- commit_v1 finds out why. A key or an item that is known fails it, too: asking first would cost every other plan.
CREATE FUNCTION ${schema}.commit_one_v3(${parameters}, allow_async boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  run_partition bigint;
BEGIN
  IF ${mayNot} THEN RETURN 'settings'; END IF;
  UPDATE ${schema}.instance i SET state = of_state, status = of_status, version = of_version, tags = of_tags::text[],
    updated_at = of_updated, body = of_instance
    WHERE i.tenant = of_tenant AND i.run_id = of_run AND i.version = of_expected
      AND NOT EXISTS (SELECT FROM ${schema}.stop)
    RETURNING i.partition_at INTO run_partition;
  IF NOT FOUND THEN RETURN 'version or stop'; END IF;
  IF of_key IS NOT NULL THEN
    INSERT INTO ${schema}.idempotency (tenant, principal, key, fingerprint, answer, at)
      VALUES (of_tenant, of_principal, of_key, of_fingerprint, of_answer, of_keyAt);
  END IF;
  INSERT INTO ${schema}.entry (tenant, run_id, seq, type, transition_id, at, hash, body, evidence, salt, partition_at)
    VALUES (of_tenant, of_run, of_version, of_type, of_transition, of_at, of_hash, of_body, of_evidence, of_salt, run_partition);
  IF of_item IS NOT NULL THEN
    INSERT INTO ${schema}.outbox (tenant, id, aggregate_id, run_id, lane, kind, name, seq, payload, due_at, ready_at)
      VALUES (of_tenant, of_item, of_aggregate, of_run, of_lane, of_kind, of_name, of_itemSeq, of_payload, of_due, of_due);
  END IF;
  RETURN NULL;
END $$;

-- The same for many plans, one after the other in an array of texts and one of numbers; in the order of their runs, so that two statements never
-- wait for each other. Null when all were committed, else the places of those that were not; commit_v1 finds out why.
-- A place of which the key or the item is known fails all. Only places go from step to step: a copy of what is written
-- would cost more than writing it. Planned once: it never depends on the values.
CREATE FUNCTION ${schema}.commit_plain_v3(t text[], n bigint[], allow_async boolean) RETURNS bigint[] LANGUAGE plpgsql
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  plans integer := cardinality(n) / ${numbers};
  done bigint[];
BEGIN
  IF ${mayNot} THEN RETURN ARRAY(SELECT generate_series(1, plans)); END IF;
  WITH wanted AS MATERIALIZED (
    SELECT place, ${placed('tenant')} AS tenant, ${placed('run')} AS run, ${placed('expected')} AS expected
    FROM generate_series(1, plans) AS place WHERE NOT EXISTS (SELECT FROM ${schema}.stop)
  ), moved AS (
    UPDATE ${schema}.instance i SET state = ${placed('state')}, status = ${placed('status')}, version = ${placed('version')},
      tags = ${placed('tags')}::text[], updated_at = ${placed('updated')}, body = ${placed('instance')}
    FROM wanted p WHERE i.tenant = p.tenant AND i.run_id = p.run AND i.version = p.expected
    RETURNING p.place, i.partition_at
  ), remembered AS (
    INSERT INTO ${schema}.idempotency (tenant, principal, key, fingerprint, answer, at)
      SELECT ${each('tenant', 'principal', 'key', 'fingerprint', 'answer', 'keyAt')}
      FROM moved WHERE ${placed('key')} IS NOT NULL
  ), recorded AS (
    INSERT INTO ${schema}.entry (tenant, run_id, seq, type, transition_id, at, hash, body, evidence, salt, partition_at)
      SELECT ${each('tenant', 'run', 'version', 'type', 'transition', 'at', 'hash', 'body', 'evidence', 'salt')}, partition_at FROM moved
  ), enqueued AS (
    INSERT INTO ${schema}.outbox (tenant, id, aggregate_id, run_id, lane, kind, name, seq, payload, due_at, ready_at)
      SELECT ${each('tenant', 'item', 'aggregate', 'run', 'lane', 'kind', 'name', 'itemSeq', 'payload', 'due', 'due')}
      FROM moved WHERE ${placed('item')} IS NOT NULL
  )
  SELECT array_agg(place) INTO done FROM moved;
  IF cardinality(done) = plans THEN RETURN NULL; END IF;
  RETURN ARRAY(SELECT place FROM generate_series(1, plans) AS place WHERE NOT place = ANY (coalesce(done, '{}')));
END $$;

-- Processes that are not restarted yet know no partitions: the quick ways refuse them, and they take the other.
CREATE OR REPLACE FUNCTION ${schema}.commit_one_v1(
  of_tenant text, run text, of_aggregate text, expected bigint, next_version bigint, next_state text, next_status text,
  next_tags text, updated bigint, instance text, entry_type text, transition text, entry_at bigint, entry_hash text,
  entry_body text, entry_evidence text, entry_salt text, item_id text, item_lane text, item_kind text, item_name text,
  item_seq bigint, item_payload text, item_due bigint, of_principal text, of_key text, fingerprint text, answer text,
  key_at bigint, allow_async boolean
) RETURNS text LANGUAGE sql AS $$ SELECT 'newer schema' $$;
CREATE OR REPLACE FUNCTION ${schema}.commit_plain_v1(
  tenants text[], runs text[], aggregates text[], expected bigint[], versions bigint[], states text[], statuses text[],
  tag_lists text[], updated bigint[], instances text[], entry_types text[], transitions text[], entry_ats bigint[],
  hashes text[], bodies text[], evidences text[], salts text[], item_ids text[], lanes text[], kinds text[],
  names text[], seqs bigint[], payloads text[], dues bigint[], principals text[], keys text[], fingerprints text[],
  answers text[], key_ats bigint[], allow_async boolean
) RETURNS bigint[] LANGUAGE sql AS $$ SELECT ARRAY(SELECT generate_series(1, cardinality(runs))::bigint) $$;`
}
