/** The statuses that few runs have, and that somebody looks for. */
export const rareStatuses = `status IN ('suspended', 'failed', 'cancelled')`

/** Finds them without reading the runs that went well; of those no entry is kept, so that their commits cost the same. */
export function statusIndexV7(schema: string): string {
  return `
CREATE INDEX instance_rare ON ${schema}.instance (tenant, status, created_at, run_id) WHERE ${rareStatuses};
`
}
