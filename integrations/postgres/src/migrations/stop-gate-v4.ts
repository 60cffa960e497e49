/**
 * Lets a plain statement commit, though it looks at the stops with a snapshot that it took at its start.
 *
 * PostgreSQL takes the table locks of a statement before its snapshot. A commit that names the gate therefore either
 * holds its lock before a stop is set, and the stop waits for it; or waits for the lock, and sees the stop.
 */
export function stopGateV4(schema: string): string {
  return `
-- Always empty: only its lock is of use. No dump and no vacuum of another table holds it.
CREATE TABLE ${schema}.stop_gate (closed boolean NOT NULL);
CREATE FUNCTION ${schema}.close_stop_gate_v4() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  LOCK TABLE ${schema}.stop_gate IN EXCLUSIVE MODE;
  RETURN NULL;
END $$;
CREATE TRIGGER close_stop_gate BEFORE INSERT OR UPDATE ON ${schema}.stop
  FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.close_stop_gate_v4();

-- A plain statement does its work now. Processes that are not restarted yet take the other way.
DROP FUNCTION ${schema}.commit_one_v3;
`
}
