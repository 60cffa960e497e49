import { expect, test } from 'vitest'

import { commitRun, logAll, openLedger } from './retention.fixture.ts'

test('what is committed after a dump was restored enters the log, however many transactions come before', async () => {
  const { store, sql } = await openLedger()
  await commitRun(store, 'before')
  await logAll(store)
  // As if by a server that had counted further than this one.
  await sql(`UPDATE $s.log_head SET horizon =
    (pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 10)::text::xid8`)

  await store.open()
  await commitRun(store, 'since')
  for (let count = 0; count < 10; count += 1) await sql('SELECT pg_current_xact_id()')

  expect(await store.unlogged('acme', 10)).toHaveLength(4)
})
