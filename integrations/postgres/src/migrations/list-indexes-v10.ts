import { openStatuses } from './schema-v1.ts'

/**
 * Finds the runs of a tag, and the runs or requests of one loop or status, without reading those of all others. What is
 * looked for comes last in the indexes that give the order of a list: one that begins with it would be one more to write,
 * and seem no better where statistics are old. The status of a run is in none, since that would cost every commit.
 */
export function listIndexesV10(schema: string): string {
  const runs = `${schema}.instance (tenant, created_at, run_id, loop_id)`
  const requests = `${schema}.approval (tenant, created_at, id, loop_id`
  return `
CREATE INDEX instance_list ON ${runs};
CREATE INDEX instance_open_list ON ${runs} WHERE ${openStatuses};
DROP INDEX ${schema}.instance_page;
DROP INDEX ${schema}.instance_open_page;
-- Tags stay as they are: only the start of a run writes them, at once, or one of many starts would write those of all.
CREATE INDEX instance_tags ON ${schema}.instance USING gin (tags) WITH (fastupdate = off);
CREATE INDEX approval_list ON ${requests}, status);
CREATE INDEX approval_pending_list ON ${requests}) WHERE status = 'pending';
DROP INDEX ${schema}.approval_page;
DROP INDEX ${schema}.approval_pending;
`
}
