/** What is looked up costs no more than what is found, however much is there, and whatever the server knows of it. */
export function lookupsV5(schema: string): string {
  const unlogged = `${schema}.unlogged_v1(text, bigint)`
  return `
CREATE INDEX approval_key ON ${schema}.approval (tenant, aggregate_id, created_at, id);

-- While nobody has analyzed the leaves, the planner would compare every entry with all of them.
ALTER FUNCTION ${unlogged} SET enable_material = off;
ALTER FUNCTION ${unlogged} SET enable_bitmapscan = off;
ALTER FUNCTION ${unlogged} SET enable_hashjoin = off;
ALTER FUNCTION ${unlogged} SET enable_mergejoin = off;
`
}
