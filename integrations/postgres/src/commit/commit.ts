import { LoopError, type Clock, type CommitPlan, type CommitResult } from '@loop-engine/core'

import { pause } from '../connection/connections.ts'
import { statementsOf, type Database } from '../connection/database.ts'
import { sqlState, violates } from '../connection/postgres-error.ts'
import { untilReplicated } from '../connection/replicated.ts'
import { encodePlans } from './encode-plans.ts'
import { createPlainCommits } from './plain-statement.ts'
import { encodePlainPlans, isPlain } from './plain-values.ts'

type Outcome = CommitResult | LoopError

interface CommitterOptions {
  readonly database: Database
  readonly schema: string
  readonly allowAsyncCommit: boolean
  readonly maxReconnects: number
  readonly sleep: Clock['sleep']
}

const committed: CommitResult = { kind: 'committed' }

/**
 * Commits plans of different runs by one statement, and finds out the outcome of those whose answer was lost.
 *
 * A plan whose answer was lost is sent again. That is safe, because its version admits it only once; and it is conclusive,
 * because it waits for the first attempt if that still runs. If it is then refused, the entry at its place tells whether
 * the first attempt had succeeded.
 */
export function createCommitter(
  options: CommitterOptions,
): (plans: readonly CommitPlan[]) => Promise<readonly Outcome[]> {
  const { database, schema, allowAsyncCommit, maxReconnects, sleep } = options
  const statement = statementsOf(schema)
  const commit = statement('commit_v1', `SELECT ${schema}.commit_v1($1, $2, $3, $4, $5) AS results`)
  const commitOne = createPlainCommits(schema, allowAsyncCommit)
  const commitPlain = statement(
    'commit_plain_v3',
    `SELECT ${schema}.commit_plain_v3($1, $2, $3) AS refused`,
  )
  const hashOf = statement(
    'hash_v1',
    `SELECT hash FROM ${schema}.entry WHERE tenant = $1 AND run_id = $2 AND seq = $3`,
  )

  const send = async (plans: readonly CommitPlan[]): Promise<readonly CommitResult[]> => {
    const values = [...encodePlans(plans), allowAsyncCommit]
    const [row] = await database.write<{ results: string | null }>(commit, values)
    if (typeof row?.results !== 'string') return plans.map(() => committed)
    const results = JSON.parse(row.results) as (CommitResult | null)[] // written by commit_v1
    if (results.some((result) => result?.kind === 'duplicate')) await untilReplicated(database)
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
  /** Tries the quick way; returns the places of the plans that it did not commit. */
  const tryPlain = async (plans: readonly CommitPlan[]): Promise<readonly number[]> => {
    const [plan] = plans
    if (plan !== undefined && plans.length === 1) {
      const { statement: one, values } = commitOne(plan)
      return (await database.change(one, values)) === 1 ? [] : [0]
    }
    const values = [...encodePlainPlans(plans), allowAsyncCommit]
    const [row] = await database.write<{ refused: string[] | null }>(commitPlain, values)
    return (row?.refused ?? []).map((place) => Number(place) - 1)
  }
  /** Commits plain plans the quick way, and judges those that it did not commit by `commit_v1`. */
  const sendPlain = async (plans: readonly CommitPlan[]): Promise<readonly Outcome[]> => {
    if (!plans.every(isPlain)) return sendAll(plans)
    let refused: readonly number[]
    try {
      refused = await tryPlain(plans)
    } catch (error) {
      if (!(error instanceof LoopError)) throw error
      if (error.code === 'unknown_outcome') return resolve(plans, error)
      // The server undid all of them, for a value that it cannot store or a key that it knows.
      return sqlState(error) === null ? plans.map(() => error) : sendAll(plans)
    }
    if (refused.length === 0) return plans.map(() => committed)
    const judged = await sendAll(plans.filter((_, place) => refused.includes(place)))
    return plans.map((_, place) => judged[refused.indexOf(place)] ?? committed)
  }
  const resolve = async (
    plans: readonly CommitPlan[],
    lost: LoopError,
  ): Promise<readonly Outcome[]> => {
    const repeatable = plans.filter(isRepeatable)
    for (let attempt = 0; attempt < maxReconnects && repeatable.length > 0; attempt += 1) {
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
    if (row?.hash !== newest.hash) return outcome
    await untilReplicated(database)
    return committed
  }
  return sendPlain
}

/** Whether the version or the key stops a second application of the plan. */
function isRepeatable({ entries, idempotency }: CommitPlan): boolean {
  return entries.length > 0 || idempotency !== undefined
}

function refusalOf(error: LoopError, { expectedVersion }: CommitPlan): Outcome {
  return violates(error, 'instance_open') ? { kind: 'conflict', actual: expectedVersion } : error
}
