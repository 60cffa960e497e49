import { LoopError, type StoreRetention } from '@loop-engine/core'

import { statementsOf, type Database } from './connection/database.ts'

interface ProofRow {
  readonly last_tenant: string
  readonly last_run: string
  readonly runs: string
  readonly entries: string
  readonly unsigned: string
  readonly undelivered: string
  readonly damaged: string
}

/** How many runs one statement looks at: few enough to be quick, many enough to be worth a round trip. */
const batch = 500

/**
 * Drops in short steps, each of which is whole in itself: marks the runs whose every entry is proven, takes out the
 * partitions that hold no others, and deletes the rest row by row.
 */
export function createRetention(database: Database, schema: string): StoreRetention {
  const statement = statementsOf(schema)
  const begin = statement(
    'begin_retention_v3',
    `SELECT ${schema}.begin_retention_v3($1, $2) AS act`,
  )
  const end = statement('end_retention_v3', `SELECT ${schema}.end_retention_v3($1)`)
  const prove = statement(
    'prove_v3',
    `SELECT * FROM ${schema}.prove_v3($1, $2, $3, $4, $5, ${batch})`,
  )
  const partitions = statement(
    'partitions_v3',
    `SELECT name FROM ${schema}.partitions_v3() WHERE to_at IS NOT NULL ORDER BY from_at`,
  )
  const dropPartition = statement(
    'drop_partition_v3',
    `SELECT ${schema}.drop_partition_v3($1) AS entries`,
  )
  const deleteMarked = statement(
    'delete_marked_v3',
    `SELECT * FROM ${schema}.delete_marked_v3(${batch})`,
  )
  const dropped = statement(
    'dropped_v3',
    `SELECT d.through, d.head, r.before, r.at FROM ${schema}.dropped d
      JOIN ${schema}.retention r ON r.act = d.act AND r.tenant = d.tenant
    WHERE d.tenant = $1 AND d.run_id = $2`,
  )

  async function proveAll(act: string | null, tenant: string | null, before: number) {
    const sum = { runs: 0, entries: 0, unsigned: 0, undelivered: 0, damaged: 0 }
    for (let after = ['', '']; ;) {
      const values = [act, tenant, before, ...after]
      const [row] = await database.read<ProofRow>(prove, values) // marking twice is marking once
      if (row === undefined) return sum
      for (const field of Object.keys(sum) as (keyof typeof sum)[]) sum[field] += Number(row[field])
      after = [row.last_tenant, row.last_run]
    }
  }

  async function dropPartitions(): Promise<{ partitions: number; entries: number }> {
    const sum = { partitions: 0, entries: 0 }
    for (const { name } of await database.read<{ name: string }>(partitions, [])) {
      const [row] = await database.write<{ entries: string | null }>(dropPartition, [name])
      const entries = row?.entries ?? null
      if (entries === null) continue
      sum.partitions += 1
      sum.entries += Number(entries)
    }
    return sum
  }

  async function deleteRest(): Promise<{ runs: number; entries: number }> {
    const sum = { runs: 0, entries: 0 }
    for (;;) {
      const [row] = await database.write<{ runs: string; entries: string }>(deleteMarked, [])
      if (row === undefined || Number(row.runs) === 0) return sum
      sum.runs += Number(row.runs)
      sum.entries += Number(row.entries)
    }
  }

  return {
    async drop({ before, tenant = null, dryRun = false }) {
      if (!Number.isSafeInteger(before)) {
        throw new LoopError('invalid_input', 'The time before which entries go is no time.')
      }
      const [row] = dryRun ? [] : await database.write<{ act: string }>(begin, [tenant, before])
      const act = row?.act ?? null
      const { runs, entries, ...kept } = await proveAll(act, tenant, before)
      if (act === null) return { runs, entries, partitions: 0, kept }
      const whole = await dropPartitions()
      const rest = await deleteRest()
      await database.write(end, [act])
      return {
        runs: rest.runs,
        entries: whole.entries + rest.entries,
        partitions: whole.partitions,
        kept,
      }
    },
    async dropped(tenant, runId) {
      const [row] = await database.read<Record<'through' | 'head' | 'before' | 'at', string>>(
        dropped,
        [tenant, runId],
      )
      if (row === undefined) return null
      const { through, head, before, at } = row
      return { through: Number(through), head, before: Number(before), at: Number(at) }
    },
  }
}
