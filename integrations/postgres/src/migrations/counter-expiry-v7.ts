/** A window is kept for as long as the reservation that needs it longest: forgotten sooner, its limit would begin anew. */
export function counterExpiryV7(schema: string): string {
  return `
CREATE FUNCTION ${schema}.keep_longest_v7() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Null is for ever.
  NEW.expires_at := CASE WHEN OLD.expires_at > NEW.expires_at OR OLD.expires_at IS NULL
    THEN OLD.expires_at ELSE NEW.expires_at END;
  RETURN NEW;
END $$;
CREATE TRIGGER keep_longest BEFORE UPDATE ON ${schema}.counter
  FOR EACH ROW WHEN (NEW.expires_at IS DISTINCT FROM OLD.expires_at) EXECUTE FUNCTION ${schema}.keep_longest_v7();
`
}
