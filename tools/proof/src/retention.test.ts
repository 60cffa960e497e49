import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { LoopStore } from '@loop-engine/core'
import { createPostgresStore } from '@loop-engine/integration-postgres'
import {
  createLog,
  createMerkleTree,
  exportRecords,
  generateNoteSigner,
  leafHash,
  openCheckpoint,
  verifyExport,
  verifyInclusion,
  verifyStore,
} from '@loop-engine/observability'
import { createLoopSystem, defineLoop } from '@loop-engine/sdk'
import { createTestClock, startPostgres, type PostgresServer } from '@loop-engine/testing'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'

const tenant = 'default'
const key = generateNoteSigner('a.example')
const { signer } = key
const ann = { type: 'human', id: 'ann' } as const
const note = defineLoop({
  id: 'note',
  version: '1.0.0',
  states: [{ id: 'DRAFT' }, { id: 'FILED', terminal: true }],
  initialState: 'DRAFT',
  transitions: [{ id: 'file', from: 'DRAFT', to: 'FILED', actors: ['human'] }],
})

let server: PostgresServer
let admin: pg.Client
let folder: string
beforeAll(async () => {
  server = await startPostgres({ private: true })
  admin = new pg.Client(server.url)
  await admin.connect()
  folder = mkdtempSync(join(tmpdir(), 'loop-retention-'))
  writeFileSync(join(folder, 'key.pem'), key.privateKey, { mode: 0o600 })
  writeFileSync(join(folder, 'key.pub'), `${key.publicKey}\n`)
})
afterAll(async () => {
  await admin.end()
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Two runs of last year of which one is filed, in a schema of their own. */
async function lastYear(): Promise<LoopStore> {
  await admin.query('DROP SCHEMA IF EXISTS loop_engine CASCADE')
  const store = createPostgresStore({ connectionString: server.url })
  const clock = createTestClock(Date.UTC(2025, 5, 1))
  const { engine } = await createLoopSystem({ loops: [note], store, clock, relay: false })
  for (const aggregateId of ['filed', 'open']) {
    await engine.start({ loopId: 'note', aggregateId, actor: ann })
  }
  await engine.transition({
    aggregateId: 'filed',
    signal: 'file',
    actor: ann,
    evidence: { page: 7 },
  })
  return store
}

const exported = (store: LoopStore, aggregateId?: string): Promise<string[]> =>
  Array.fromAsync(
    exportRecords({
      store,
      tenant,
      signer,
      includeEvidence: true,
      ...(aggregateId && { aggregateId }),
    }),
  )

interface Ran {
  readonly code: number | null
  readonly out: string
}
function loop(...args: string[]): Promise<Ran> {
  const program = join(import.meta.dirname, '../../cli/src/main.ts')
  const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@loop-engine/source']
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...flags, program, '--postgres', server.url, ...args],
      { cwd: folder, env: { PATH: process.env['PATH'], NO_COLOR: '1' } },
      (_, out) => resolve({ code: child.exitCode, out }),
    )
  })
}

test('an export still verifies against the current log after its rows are deleted', async () => {
  const store = await lastYear()
  const lines = await exported(store, 'filed')

  const dry = await loop('retain', '--before', '2026-01-01', '--dry-run', '--json')
  const untouched = await verifyStore({ store, tenant })
  const done = await loop('retain', '--before', '2026-01-01', '--trust', 'key.pub')
  const verified = await loop('verify', '--deep')

  expect(JSON.parse(dry.out)).toMatchObject({ runs: 1, entries: 2, dryRun: true })
  expect(untouched).toMatchObject({ ok: true, entries: 3 })
  expect(done).toMatchObject({
    code: 0,
    out: expect.stringContaining('Dropped 2 entries of 1 runs'),
  })
  expect(verified).toEqual({
    code: 0,
    out: 'ok 2 runs, 1 entries.\n  retention: 2 entries from before 2026-01-01T00:00:00.000Z were dropped, their proofs kept\n',
  })
  // The export speaks for itself, and its entries are in the log as it is signed now.
  expect(await verifyExport(lines, { keys: [key], deep: true })).toMatchObject({
    ok: true,
    entries: 2,
  })
  const system = await createLoopSystem({ loops: [note], store, relay: false })
  await system.engine.start({ loopId: 'note', aggregateId: 'later', actor: ann })
  const { note: signed } = await createLog({ store, tenant, signer }).checkpoint()
  const { size, root } = openCheckpoint(signed ?? '', [key])
  const leaves = await store.leaves(tenant, { from: 0, limit: 100 })
  const tree = createMerkleTree(leaves.map((leaf) => leaf.leafHash))
  const bodies = lines.flatMap((line) => /^\{"kind":"entry".*?"body":(.*)\}$/.exec(line)?.[1] ?? [])
  expect(bodies).toHaveLength(2)
  for (const body of bodies) {
    const leaf = leafHash(body)
    const index = leaves.findIndex((each) => each.leafHash === leaf)
    expect(verifyInclusion({ leaf, index, size, root }, tree.inclusion(index))).toBe(true)
  }
  await system.close()
})

test('an export after the retention proves the deleted entries, and any change of the export is found', async () => {
  const store = await lastYear()
  await loop('retain', '--before', '2026-01-01', '--key', 'key.pem', '--key-name', 'a.example')

  for (const [aggregateId, counts] of [
    [undefined, { runs: 2, entries: 1, dropped: 2 }],
    ['filed', { runs: 1, entries: 0, dropped: 2 }],
  ] as const) {
    const lines = await exported(store, aggregateId)
    expect(await verifyExport(lines, { keys: [key], deep: true })).toMatchObject({
      ok: true,
      ...counts,
    })
    for (const [index, line] of lines.entries()) {
      const changed = lines.with(index, line.replace(/[0-9a-f]{64}/, 'f'.repeat(64)))
      const kinds = [lines.toSpliced(index, 1), lines.toSpliced(index, 0, line)]
      if (changed[index] !== line) kinds.push(changed)
      for (const other of kinds)
        expect(await verifyExport(other, { keys: [key] }), line).toMatchObject({ ok: false })
    }
  }
  await store.close()
})

test('an operator cannot use retention to hide a deletion', async () => {
  const store = await lastYear()
  await loop('retain', '--before', '2026-01-01', '--key', 'key.pem', '--key-name', 'a.example')
  const runOf = async (id: string): Promise<string> => (await store.get(tenant, id))?.runId ?? ''
  const sql = (text: string, ...values: unknown[]) => admin.query(text, values)
  const deep = { store, tenant, deep: true }

  // The leaves of what went must stay.
  await sql(
    `UPDATE loop_engine.leaf SET run_id = 'nobody' WHERE run_id = $1 AND seq = 1`,
    await runOf('filed'),
  )
  expect((await verifyStore(deep)).ok).toBe(false)
  await sql(`UPDATE loop_engine.leaf SET run_id = $1 WHERE run_id = 'nobody'`, await runOf('filed'))
  expect(await verifyStore(deep)).toMatchObject({ ok: true, retained: { entries: 2, runs: 1 } })
  // A run may not end elsewhere than its last dropped entry.
  await sql(`UPDATE loop_engine.dropped SET head = repeat('0', 64)`)
  expect((await verifyStore({ store, tenant })).first).toMatchObject({ fault: 'fold_mismatch' })
  // An open run cannot be passed off as retained.
  const open = await store.get(tenant, 'open')
  await sql(
    `INSERT INTO loop_engine.dropped SELECT tenant, $1, 1, $2, act, 0, true FROM loop_engine.dropped`,
    open?.runId,
    open?.head,
  )
  await sql('DELETE FROM loop_engine.entry WHERE run_id = $1', open?.runId)
  const { faults } = await verifyStore({ store, tenant })
  expect(faults).toContainEqual(expect.objectContaining({ runId: open?.runId, fault: 'truncated' }))
  // Leaves that are not those of the head stop retention itself.
  await sql(`UPDATE loop_engine.leaf SET leaf_hash = repeat('0', 64) WHERE index = 0`)
  expect(await loop('retain', '--before', '2026-01-01')).toMatchObject({ code: 5 })
  await store.close()
})
