import type { CommitPlan } from '@loop-engine/core'

import { statementsOf, type Statement } from '../connection/database.ts'
import { plainNumbers, plainTexts, type PlainName } from '../migrations/functions-plain-v3.ts'
import { plainValues } from './plain-values.ts'

const ofKey: readonly PlainName[] = ['principal', 'key', 'fingerprint', 'answer', 'keyAt']
const ofItem: readonly PlainName[] = [
  'aggregate',
  'item',
  'lane',
  'kind',
  'name',
  'itemSeq',
  'payload',
  'due',
]
const ofRun = [...plainTexts, ...plainNumbers].filter(
  (name) => !ofKey.includes(name) && !ofItem.includes(name),
)

interface PlainCommit {
  readonly statement: Statement
  readonly values: readonly unknown[]
}

/**
 * Writes a plain plan: one entry of a known run, with at most one item in the outbox and one key. It inserts one row if it
 * committed the plan; otherwise it did nothing, and `commit_v1` finds out why. A known key or item makes the statement fail,
 * because checking first would cost every other plan.
 *
 * It is no function of the server, where each statement inside would be started and ended by itself.
 */
export function createPlainCommits(
  schema: string,
  allowAsyncCommit: boolean,
): (plan: CommitPlan) => PlainCommit {
  const write = (suffix: string, hasItem: boolean, hasKey: boolean): Form => {
    const names = [...ofRun, ...(hasItem ? ofItem : []), ...(hasKey ? ofKey : [])]
    const name = `commit_one${suffix}${allowAsyncCommit ? '_async' : ''}_v4`
    const text = textOf(schema, names, allowAsyncCommit)
    return { statement: statementsOf(schema)(name, text), names }
  }
  const bare = { keyed: write('_key', false, true), keyless: write('', false, false) }
  const withItem = { keyed: write('_item_key', true, true), keyless: write('_item', true, false) }

  return (plan) => {
    const { keyed, keyless } = plan.outbox?.length ? withItem : bare
    const { statement, names } = plan.idempotency ? keyed : keyless
    const known = plainValues(plan)
    return { statement, values: names.map((name) => known[name]) }
  }
}

interface Form {
  readonly statement: Statement
  readonly names: readonly PlainName[]
}

function textOf(schema: string, names: readonly PlainName[], allowAsyncCommit: boolean): string {
  const typeOf = (name: PlainName): string =>
    plainNumbers.some((each) => each === name) ? 'bigint' : 'text'
  const value = (name: PlainName): string => `$${names.indexOf(name) + 1}::${typeOf(name)}`
  const values = (...of: PlainName[]): string => of.map(value).join(', ')
  const enqueued = `, enqueued AS (
  INSERT INTO ${schema}.outbox (tenant, id, aggregate_id, run_id, lane, kind, name, seq, payload, due_at, ready_at)
    SELECT ${values('tenant', 'item', 'aggregate', 'run', 'lane', 'kind', 'name', 'itemSeq', 'payload', 'due', 'due')} FROM moved
)`
  const remembered = `, remembered AS (
  INSERT INTO ${schema}.idempotency (tenant, principal, key, fingerprint, answer, at)
    SELECT ${values('tenant', 'principal', 'key', 'fingerprint', 'answer', 'keyAt')} FROM moved
)`
  return `WITH moved AS (
  UPDATE ${schema}.instance i SET state = ${value('state')}, status = ${value('status')}, version = ${value('version')},
    tags = ${value('tags')}::text[], updated_at = ${value('updated')}, body = ${value('instance')}
  WHERE i.tenant = ${value('tenant')} AND i.run_id = ${value('run')} AND i.version = ${value('expected')}
    AND NOT EXISTS (SELECT FROM ${schema}.stop)
    AND NOT EXISTS (SELECT FROM ${schema}.stop_gate FOR KEY SHARE) -- always true; see stop-gate-v4.ts
    AND current_setting('transaction_isolation') = 'read committed'
    ${allowAsyncCommit ? '' : `AND current_setting('synchronous_commit') <> 'off'`}
  RETURNING i.partition_at
)${names.includes('item') ? enqueued : ''}${names.includes('key') ? remembered : ''}
INSERT INTO ${schema}.entry (tenant, run_id, seq, type, transition_id, at, hash, body, evidence, salt, partition_at)
  SELECT ${values('tenant', 'run', 'version', 'type', 'transition', 'at', 'hash', 'body', 'evidence', 'salt')}, partition_at
  FROM moved`
}
