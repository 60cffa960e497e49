import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { cutPage } from '@loop-engine/core'
import { afterAll, expect, test } from 'vitest'

import { createCommit } from './commit/commit.ts'
import { connect } from './connection/connection.ts'
import { createLog } from './log.ts'
import { createKeepMessage } from './outbox/keep-message.ts'
import { createOutbox } from './outbox/outbox.ts'
import { createReads } from './reads.ts'
import { createUpkeep } from './upkeep.ts'

const folder = mkdtempSync(join(tmpdir(), 'loop-sqlite-plans-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'plans.db')

const runFilters = [
  {},
  { loopId: 'a' },
  { aggregateId: 'a' },
  { status: 'active' },
  { tag: 'a' },
] as const
const requestFilters = [
  {},
  { status: 'pending' },
  { aggregateId: 'a' },
  { runId: 'a' },
  { reviewers: ['a', 'b'] },
  { reviewers: ['a', 'b'], loopId: 'a' },
] as const
const cursorOf = (kind: string) => cutPage(kind, [1, 2], 1, () => ({ at: 1, id: 'a' })).cursor

/** Every statement that the store may ever prepare. */
function statementsOf(): readonly string[] {
  const connection = connect({
    path,
    durability: 'process',
    busyTimeoutMs: 1000,
    mustExist: false,
  })
  const texts: string[] = []
  const watched: typeof connection = {
    ...connection,
    prepare: (sql) => {
      texts.push(sql)
      return connection.prepare(sql)
    },
  }
  const outbox = createOutbox(watched)
  const reads = createReads(watched)
  createCommit(watched, outbox, reads)
  createKeepMessage(watched, outbox)
  createLog(watched)
  createUpkeep(watched)
  const { find, approvals } = reads
  for (const filter of runFilters)
    for (const cursor of [undefined, cursorOf('run')]) find({ tenant: 'a', ...filter, cursor })
  for (const filter of requestFilters)
    for (const cursor of [undefined, cursorOf('approval')])
      approvals({ tenant: 'a', ...filter, cursor })
  connection.close()
  return texts
}

const statements = statementsOf()
const db = new DatabaseSync(path)
afterAll(() => db.close())

/** A row each, or a few that people make. */
const small = /^SCAN (CONSTANT ROW|progress|stop|json_each VIRTUAL TABLE.*)$/

test('no statement walks a table that grows, or sorts what an index could give in order', () => {
  expect(statements.length).toBeGreaterThan(60)
  const walks = statements.flatMap((sql) =>
    db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => String(detail))
      .filter((detail) => /^SCAN|TEMP B-TREE FOR ORDER BY/.test(detail) && !small.test(detail))
      .map((detail) => `${detail} in ${sql.replaceAll(/\s+/g, ' ')}`),
  )
  expect(walks).toEqual([])
})

test('no statement numbers its parameters, to which Node 22.18 gives no values', () => {
  expect(statements.filter((sql) => /\?\d/.test(sql))).toEqual([])
})
