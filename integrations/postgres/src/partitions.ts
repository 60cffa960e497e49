import type { CommitPlan } from '@loop-engine/core'

import { statementsOf, type Database } from './connection/database.ts'
import { lockTimeout, sqlState } from './connection/postgres-error.ts'

const monthsAhead = 2
const dayMs = 86_400_000

/** Makes the ledger's partitions before the first run of their month begins. */
export interface Partitions {
  makeAhead(): Promise<void>
  /** Does the same once a day when a run begins, for processes that stay open for months. */
  keepAhead(plans: readonly CommitPlan[]): Promise<void> | undefined
}

export function createPartitions(database: Database, schema: string): Partitions {
  const make = statementsOf(schema)(
    'make_partitions_v8',
    `SELECT ${schema}.make_partitions_v8(${monthsAhead})`,
  )
  const makeAhead = async (): Promise<void> => {
    try {
      await database.write(make, [])
    } catch (error) {
      // Somebody reads the whole ledger, as a dump does; another day will do.
      if (sqlState(error) !== lockTimeout) throw error
    }
  }
  let latest: number | undefined

  return {
    makeAhead,
    keepAhead(plans) {
      const newest = plans.findLast(({ expectedVersion }) => expectedVersion === 0)
      const today = newest && Math.floor(newest.instance.createdAt / dayMs)
      if (today === undefined || today === latest) return undefined
      const isFirst = latest === undefined
      latest = today
      // If it fails, the default partition takes the entries, so no commit need fail.
      return isFirst ? undefined : makeAhead().catch(() => undefined)
    },
  }
}
