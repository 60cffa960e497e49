/** What turns row-level security on; nothing calls it unless the store is asked to. */
export function rowLevelSecurityFunctionsV3(schema: string): string {
  return `
-- Secures the tables that are not secured yet, and returns how many those were. A session sees and writes the rows of
-- the tenant that it has set. The owner of the tables, and nobody else, may set '*' and then is the engine.
CREATE FUNCTION ${schema}.secure_v3() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  t record;
  secured integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('loop-engine/secure'), hashtext('${schema}'));
  FOR t IN SELECT c.oid::regclass AS name, c.relispartition,
      EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant') AS has_tenant
    FROM pg_class c WHERE c.relnamespace = '${schema}'::regnamespace AND c.relkind IN ('r', 'p')
      AND c.relname <> 'migration' AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
  LOOP
    IF secured = 0 THEN
      -- In the order in which commits take them.
      LOCK TABLE ${schema}.instance, ${schema}.idempotency, ${schema}.outbox, ${schema}.entry IN ACCESS EXCLUSIVE MODE;
    END IF;
    -- A partition has no policy: it is reached through the ledger, or not at all.
    IF NOT t.relispartition THEN
      EXECUTE format($q$CREATE POLICY engine ON %s TO %I USING (current_setting('loop_engine.tenant', true) = '*')
        WITH CHECK (current_setting('loop_engine.tenant', true) = '*')$q$, t.name, current_user);
      IF t.has_tenant THEN
        EXECUTE format($q$CREATE POLICY tenant ON %s USING (tenant = current_setting('loop_engine.tenant', true))
          WITH CHECK (tenant = current_setting('loop_engine.tenant', true))$q$, t.name);
      END IF;
    END IF;
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t.name);
    secured := secured + 1;
  END LOOP;
  RETURN secured;
END $$;`
}
