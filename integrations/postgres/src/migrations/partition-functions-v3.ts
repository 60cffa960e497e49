/** Makes partitions before they are needed. */
export function partitionFunctionsV3(schema: string): string {
  return `
-- The partitions of this month and of the following ones, each made once; returns how many were made.
-- A new table is attached, not created in place: commits go on meanwhile.
CREATE FUNCTION ${schema}.make_partitions_v3(months_ahead integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  month timestamp;
  name text;
  made integer := 0;
BEGIN
  FOR ahead IN 0..months_ahead LOOP
    month := date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => ahead);
    name := 'entry_' || to_char(month, 'YYYY_MM');
    CONTINUE WHEN to_regclass('${schema}.' || name) IS NOT NULL;
    PERFORM pg_advisory_xact_lock(hashtext('loop-engine/partitions'), hashtext('${schema}'));
    -- Not by its name again: the answer from before the lock would be remembered.
    CONTINUE WHEN EXISTS (SELECT FROM pg_class c WHERE c.relname = name AND c.relnamespace = '${schema}'::regnamespace);
    BEGIN
      EXECUTE format('CREATE TABLE ${schema}.%I (LIKE ${schema}.entry INCLUDING ALL)', name);
      IF (SELECT relrowsecurity FROM pg_class WHERE oid = '${schema}.entry'::regclass) THEN
        EXECUTE format('ALTER TABLE ${schema}.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
      END IF;
      EXECUTE format('ALTER TABLE ${schema}.entry ATTACH PARTITION ${schema}.%I FOR VALUES FROM (%s) TO (%s)', name,
        (extract(epoch FROM month) * 1000)::bigint,
        (extract(epoch FROM month + interval '1 month') * 1000)::bigint);
      made := made + 1;
    EXCEPTION
      -- The default partition holds entries of this month already; the others follow them.
      WHEN check_violation THEN NULL;
      -- Only the owner can; whoever else commits relies on it, and on the default partition.
      WHEN insufficient_privilege THEN RETURN made;
    END;
  END LOOP;
  RETURN made;
END $$;

CREATE FUNCTION ${schema}.partitions_v3()
RETURNS TABLE (name text, from_at bigint, to_at bigint) LANGUAGE sql STABLE AS $$
  SELECT c.relname::text,
    CASE WHEN bound LIKE '%FROM (MINVALUE)%' THEN -9223372036854775808
      ELSE substring(bound FROM 'FROM \\(''(-?\\d+)''\\)')::bigint END,
    substring(bound FROM 'TO \\(''(-?\\d+)''\\)')::bigint
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
    LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid) AS bound) b
  WHERE i.inhparent = '${schema}.entry'::regclass AND bound <> 'DEFAULT'
$$;`
}
