import { cutPage, type LoopStore, readCursor, readLimit, type Settlement } from '@loop-engine/core'

import { claimOfInstance } from './claim-of-instance.ts'
import { statementsOf, type Database } from './connection/database.ts'
import { toClaim, toDeadLetter, toItem, type OutboxRow } from './rows.ts'

type Outbox = Pick<
  LoopStore,
  'delivery' | 'claim' | 'settle' | 'extend' | 'nextDueAt' | 'deadLetters' | 'revive'
>

/** Leases items to workers; several processes may ask at the same time. */
export function createOutbox(database: Database, schema: string, announce: () => void): Outbox {
  const statement = statementsOf(schema)
  const claim = statement('claim_v14', `SELECT * FROM ${schema}.claim_v1($1, $2, $3, $4, $5)`)
  const claimOf = statement('claim_of_v14', claimOfInstance(schema))
  const settle = statement('settle_v1', `SELECT ${schema}.settle_v1($1) AS held`)
  const extend = statement(
    'extend_v2',
    `UPDATE ${schema}.outbox o SET ready_at = greatest(o.ready_at, $2)
    FROM pg_catalog.json_to_recordset($1) AS l(place integer, id text, fence bigint)
    WHERE o.id = l.id AND o.fence = l.fence AND o.fence > 0 RETURNING l.place`,
  )
  const delivery = statement(
    'delivery_v1',
    `SELECT * FROM ${schema}.outbox WHERE id = $1 AND tenant = $2`,
  )
  const nextDueAt = statement('next_due_at_v3', `SELECT ${schema}.next_due_at_v7() AS ready_at`)
  const dead = statement(
    'dead_letters_v1',
    `SELECT * FROM ${schema}.outbox WHERE tenant = $1 AND dead AND (died_at, id) > ($2, $3)
    ORDER BY died_at, id LIMIT $4`,
  )
  const revive = statement(
    'revive_v1',
    `UPDATE ${schema}.outbox SET dead = false, attempt = 0, due_at = $3, ready_at = $3, died_at = NULL
    WHERE tenant = $1 AND id = $2 AND dead RETURNING id`,
  )

  return {
    async claim({ worker, now, leaseMs, limit, kinds = null, instance: of }) {
      const values = [worker, now, now + leaseMs, limit, kinds]
      const rows = of
        ? await database.write<OutboxRow>(claimOf, [...values, of.tenant, of.aggregateId])
        : await database.write<OutboxRow>(claim, values)
      return rows.map(toClaim)
    },
    async settle(settlements) {
      if (settlements.length === 0) return []
      const [row] = await database.write<{ held: boolean[] }>(settle, [encode(settlements)])
      return row?.held ?? []
    },
    async extend(leases, until) {
      if (leases.length === 0) return []
      const values = [
        JSON.stringify(leases.map(({ id, fence }, place) => ({ place, id, fence }))),
        until,
      ]
      const held = new Set(
        (await database.read<{ place: number }>(extend, values)).map(({ place }) => place),
      )
      return leases.map((_, place) => held.has(place))
    },
    async delivery(tenant, id) {
      const [row] = await database.read<OutboxRow>(delivery, [id, tenant])
      return row === undefined ? null : toItem(row)
    },
    async nextDueAt() {
      const [row] = await database.read<{ ready_at: string | null }>(nextDueAt, [])
      const readyAt = row?.ready_at ?? null
      return readyAt === null ? null : Number(readyAt)
    },
    async deadLetters({ tenant, limit, cursor }) {
      const most = readLimit(limit)
      const { at, id } = readCursor('dead', cursor) ?? { at: Number.MIN_SAFE_INTEGER, id: '' }
      const rows = await database.read<OutboxRow>(dead, [tenant, at, id, most + 1])
      return cutPage('dead', rows.map(toDeadLetter), most, (letter) => ({
        at: letter.diedAt,
        id: letter.id,
      }))
    },
    async revive(tenant, id, dueAt) {
      const revived = (await database.write(revive, [tenant, id, dueAt])).length > 0
      if (revived) announce()
      return revived
    },
  }
}

function encode(settlements: readonly Settlement[]): string {
  return JSON.stringify(
    settlements.map(({ id, fence, outcome }, index) => ({
      place: index + 1, // arrays of PostgreSQL begin with 1
      id,
      fence,
      kind: outcome.kind,
      ...(outcome.kind === 'retry' && { due: outcome.dueAt, error: storable(outcome.error) }),
      ...(outcome.kind === 'dead' && { died: outcome.at, error: storable(outcome.error) }),
    })),
  )
}

/** The error without characters that PostgreSQL cannot store: a delivery whose error cannot be kept would never end. */
function storable(error: string): string {
  return error.toWellFormed().replaceAll('\0', '\ufffd')
}
