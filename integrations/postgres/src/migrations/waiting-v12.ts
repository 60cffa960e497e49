/**
 * Finds what waits for somebody without reading what waits for others: a request has a row for each name that it waits for,
 * in the order of the list. The server keeps them by itself, so that a process of an older version that goes on keeps them too.
 */
export function waitingV12(schema: string): string {
  const path = 'SET search_path = pg_catalog, pg_temp'
  return `
CREATE TABLE ${schema}.waiting (
  tenant text COLLATE "C" NOT NULL,
  reviewer text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, reviewer, created_at, id)
);

-- What waitsFor of the core gives. A request that the server cannot read, such as one with an escaped U+0000, waits for
-- any human: nobody misses it, and whether somebody may decide is judged anyway.
CREATE FUNCTION ${schema}.waits_for_v12(body text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE ${path} AS $$
DECLARE
  r record;
BEGIN
  SELECT * INTO r FROM json_to_record(body::json) AS b(stage integer, policy json, escalated json, delegations json);
  RETURN ARRAY(
    SELECT json_array_elements_text(r.policy -> 'stages' -> r.stage -> 'reviewers')
    UNION SELECT json_array_elements_text(r.escalated)
    UNION SELECT d ->> 'to' FROM json_array_elements(r.delegations) AS d WHERE (d ->> 'stage')::integer = r.stage
  );
EXCEPTION WHEN data_exception THEN
  RETURN '{*}';
END $$;

CREATE FUNCTION ${schema}.keep_waiting_v12() RETURNS trigger LANGUAGE plpgsql ${path} AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.status = 'pending' THEN
    DELETE FROM ${schema}.waiting w WHERE w.tenant = OLD.tenant AND w.reviewer = ANY (${schema}.waits_for_v12(OLD.body))
      AND w.created_at = OLD.created_at AND w.id = OLD.id;
  END IF;
  IF NEW.status = 'pending' THEN
    INSERT INTO ${schema}.waiting (tenant, reviewer, created_at, id)
      SELECT NEW.tenant, unnest(${schema}.waits_for_v12(NEW.body)), NEW.created_at, NEW.id
      ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;

-- Of each name the newest by the index, and of all of those the newest. OFFSET 0: requests are looked up one by one.
CREATE FUNCTION ${schema}.waiting_v12(
  of_tenant text, names text[], before_ms bigint, before_id text,
  of_status text, of_run text, of_aggregate text, of_loop text, most integer
) RETURNS TABLE (body text, messages text) LANGUAGE sql STABLE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET jit = off ${path} AS $$
  SELECT DISTINCT ON (one.created_at, one.id) one.body, one.messages FROM unnest(names) AS name, LATERAL (
    SELECT w.created_at, w.id, r.body, r.messages FROM ${schema}.waiting w,
      LATERAL (SELECT a.* FROM ${schema}.approval a WHERE a.tenant = w.tenant AND a.id = w.id OFFSET 0) AS r
    WHERE w.tenant = of_tenant AND w.reviewer = name AND (w.created_at, w.id) < (before_ms, before_id)
      AND (of_status IS NULL OR r.status = of_status) AND (of_run IS NULL OR r.run_id = of_run)
      AND (of_aggregate IS NULL OR r.aggregate_id = of_aggregate) AND (of_loop IS NULL OR r.loop_id = of_loop)
    ORDER BY w.created_at DESC, w.id DESC LIMIT most
  ) AS one ORDER BY one.created_at DESC, one.id DESC LIMIT most
$$;

CREATE TRIGGER keep_waiting AFTER INSERT OR UPDATE OF status, body ON ${schema}.approval
  FOR EACH ROW EXECUTE FUNCTION ${schema}.keep_waiting_v12();
INSERT INTO ${schema}.waiting (tenant, reviewer, created_at, id)
  SELECT a.tenant, unnest(${schema}.waits_for_v12(a.body)), a.created_at, a.id
  FROM ${schema}.approval a WHERE a.status = 'pending';
`
}
