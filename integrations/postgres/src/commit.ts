import { LoopError, type Clock, type CommitPlan, type CommitResult } from '@loop-engine/core'

import { pause, sqlState, violates, type Database, type Statement } from './database.ts'
import { encodePlainPlan, encodePlans } from './encode-plans.ts'

type Outcome = CommitResult | LoopError

export interface CommitterOptions {
  readonly database: Database
  readonly schema: string
  readonly allowAsyncCommit: boolean
  readonly reconnects: number
  readonly sleep: Clock['sleep']
}

const committed: CommitResult = { kind: 'committed' }

/**
 * Commits plans of different runs by one statement and finds out what became of those whose answer was lost.
 *
 * A plan whose answer was lost is sent again. That is safe, because the version admits it once; and it is conclusive,
 * because it waits for the first attempt if that still runs. If it is then refused, the entry that stands at its
 * place tells whether the first attempt was the reason.
 */
export function createCommitter(
  options: CommitterOptions,
): (plans: readonly CommitPlan[]) => Promise<readonly Outcome[]> {
  const { database, schema, allowAsyncCommit, reconnects, sleep } = options
  const commit: Statement = {
    name: `${schema}.commit_v1`,
    text: `SELECT ${schema}.commit_v1($1, $2, $3, $4, $5) AS results`,
  }
  const commitOne: Statement = {
    name: `${schema}.commit_one_v1`,
    text: `SELECT ${schema}.commit_one_v1(${Array.from({ length: 30 }, (_, index) => `$${index + 1}`).join()}) AS obstacle`,
  }
  const hashOf: Statement = {
    name: `${schema}.hash_v1`,
    text: `SELECT hash FROM ${schema}.entry WHERE tenant = $1 AND run_id = $2 AND seq = $3`,
  }

  /** False when nothing was done: the plan is not plain, or something stands in its way. */
  const sendPlain = async (plan: CommitPlan | undefined): Promise<boolean> => {
    const values = plan && encodePlainPlan(plan)
    if (!values) return false
    try {
      const [row] = await database.write<{ obstacle: string | null }>(commitOne, [
        ...values,
        allowAsyncCommit,
      ])
      return row?.obstacle === null
    } catch (error) {
      if (violates(error, 'idempotency_pkey')) return false
      throw error
    }
  }
  const send = async (plans: readonly CommitPlan[]): Promise<readonly CommitResult[]> => {
    if (plans.length === 1 && (await sendPlain(plans[0]))) return [committed]
    const values = [...encodePlans(plans), allowAsyncCommit]
    const [row] = await database.write<{ results: string | null }>(commit, values)
    if (typeof row?.results !== 'string') return plans.map(() => committed)
    const results = JSON.parse(row.results) as (CommitResult | null)[] // written by commit_v1
    return results.map((result) => result ?? committed)
  }
  const sendAll = async (plans: readonly CommitPlan[]): Promise<readonly Outcome[]> => {
    try {
      return await send(plans)
    } catch (error) {
      if (!(error instanceof LoopError)) throw error
      if (error.code === 'unknown_outcome') return resolve(plans, error)
      if (sqlState(error) === null || error.code === 'invalid_config') return plans.map(() => error)
      const [plan] = plans
      if (plan !== undefined && plans.length === 1) return [refusalOf(error, plan)]
      // One of them cannot be stored; alone, it fails alone.
      const outcomes: Outcome[] = []
      for (const single of plans) outcomes.push(...(await sendAll([single])))
      return outcomes
    }
  }
  const resolve = async (
    plans: readonly CommitPlan[],
    lost: LoopError,
  ): Promise<readonly Outcome[]> => {
    const repeatable = plans.filter(isRepeatable)
    for (let attempt = 0; attempt < reconnects && repeatable.length > 0; attempt += 1) {
      await sleep(pause(attempt))
      try {
        const results = await send(repeatable)
        const outcomes = await Promise.all(
          results.map((result, index) => attribute(repeatable[index], result)),
        )
        return plans.map((plan) => outcomes[repeatable.indexOf(plan)] ?? lost)
      } catch (error) {
        if (!(error instanceof LoopError) || error.code !== 'unknown_outcome') break
      }
    }
    return plans.map(() => lost)
  }
  const attribute = async (
    plan: CommitPlan | undefined,
    outcome: CommitResult,
  ): Promise<Outcome> => {
    const newest = plan?.entries.at(-1)
    if (outcome.kind === 'committed' || plan === undefined || newest === undefined) return outcome
    const [row] = await database.read<{ hash: string }>(hashOf, [
      plan.tenant,
      newest.runId,
      newest.seq,
    ])
    return row?.hash === newest.hash ? committed : outcome
  }
  return sendAll
}

/** Whether the version or the key stops a second application of the plan. */
function isRepeatable({ entries, idempotency }: CommitPlan): boolean {
  return entries.length > 0 || idempotency !== undefined
}

function refusalOf(error: LoopError, { expectedVersion }: CommitPlan): Outcome {
  return violates(error, 'instance_open') ? { kind: 'conflict', actual: expectedVersion } : error
}
