/**
 * No function of the store finds what somebody else made: a function of another schema on the session's path, as `public`
 * was everybody's to write before PostgreSQL 15, would be taken for one of the server's where its types fit better, and run
 * with all that the store may do.
 */
export function searchPathV6(schema: string): string {
  return `
DO $$
DECLARE
  own record;
BEGIN
  FOR own IN SELECT p.oid::regprocedure AS name FROM pg_proc p WHERE p.pronamespace = '${schema}'::regnamespace LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', own.name);
  END LOOP;
END $$;
`
}
