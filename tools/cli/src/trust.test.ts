import { hash } from 'node:crypto'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gzipSync } from 'node:zlib'

import { createSqliteStore } from '@loop-engine/integration-sqlite'
import { createLog, generateNoteSigner } from '@loop-engine/observability'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'

import { createTestWorkshop, requestPayment, type Ran } from './workshop.fixture.ts'

const { db, folder, loop, prepare, remove } = createTestWorkshop()
afterAll(remove)

const key = generateNoteSigner('a.example/records')
const at = (...args: string[]): Promise<Ran> => loop('--db', 'loop.db', ...args)
const sql = (file: string, text: string): void => {
  const database = new DatabaseSync(file)
  database.exec(text)
  database.close()
}

beforeAll(async () => {
  await prepare((system) => requestPayment(system, 'one', 'two'))
  writeFileSync(join(folder, 'key.pem'), key.privateKey, { mode: 0o600 })
  writeFileSync(join(folder, 'key.pub'), `${key.publicKey}\n`)
  writeFileSync(join(folder, 'stranger.pub'), generateNoteSigner('b.example/x').publicKey)
})

async function checkpoint(path: string): Promise<string> {
  const store = createSqliteStore({ path })
  await store.open()
  const { note } = await createLog({ store, tenant: 'default', signer: key.signer }).checkpoint()
  await store.close()
  return note ?? ''
}

test('an unchanged record verifies, also with --deep', async () => {
  const json = await at('verify', '--json')
  const deep = await at('verify', '--deep')

  expect(JSON.parse(json.out)).toMatchObject({ ok: true, runs: 2, entries: 4, faults: [] })
  expect(deep).toMatchObject({ code: 0, out: 'ok 2 runs, 4 entries.\n' })
})

test('an export verifies without a database, and the report names its signer', async () => {
  const { code, out } = await at(
    'export',
    '-o',
    'all.jsonl',
    '--key',
    'key.pem',
    '--key-name',
    'a.example/records',
    '--json',
  )
  const verified = await loop('verify', '--export', 'all.jsonl', '--trust', 'key.pub', '--json')

  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ file: 'all.jsonl', publicKey: key.publicKey })
  expect(verified.code).toBe(0)
  expect(JSON.parse(verified.out)).toMatchObject({
    ok: true,
    signedBy: ['a.example/records'],
    runs: 2,
    entries: 4,
  })
})

test('the report on an export says if the seal of its signer is missing', async () => {
  await at('export', '-o', 'kept.jsonl', '--key', 'key.pem', '--key-name', 'a.example/records')
  const text = readFileSync(join(folder, 'kept.jsonl'), 'utf8')
  const end = text.trimEnd().split('\n').at(-1) ?? ''
  const open = JSON.stringify({ ...JSON.parse(end), seal: null })
  writeFileSync(join(folder, 'open.jsonl'), text.replace(end, open))

  const missing = 'No seal proves that the evidence is complete.'
  const verify = (file: string): Promise<Ran> =>
    loop('verify', '--export', file, '--trust', 'key.pub')
  expect((await verify('kept.jsonl')).out).not.toContain(missing)
  expect(await verify('open.jsonl')).toMatchObject({
    code: 0,
    out: expect.stringContaining(missing),
  })
})

test('an export that was edited does not verify', async () => {
  await at('export', '-o', 'one.jsonl', '--run', 'one', '--evidence')
  const text = readFileSync(join(folder, 'one.jsonl'), 'utf8')
  writeFileSync(join(folder, 'edited.jsonl'), text.replaceAll('agent:refunds', 'agent:somebody'))

  expect(await loop('verify', '--export', 'one.jsonl')).toMatchObject({
    code: 0,
    out: expect.stringContaining('It is a part of the record.'),
  })
  expect(await loop('verify', '--export', 'edited.jsonl')).toMatchObject({
    code: 5,
    out: expect.stringMatching(/line \d+/),
  })
  expect(await loop('verify', '--export', 'one.jsonl', '--trust', 'stranger.pub')).toMatchObject({
    code: 5,
  })
  expect(await loop('verify', '--export', 'one.jsonl', '--trust', 'key.pem')).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining('The file key.pem holds no public key.'),
  })
  expect(await loop('verify', '--export', 'nowhere.jsonl')).toMatchObject({ code: 4 })
  expect(await loop('verify', '--export', '.')).toMatchObject({
    code: 1,
    err: expect.stringContaining('hint It is a folder: name a file in it.'),
  })
})

test('evidence is exported only with --evidence', async () => {
  const without = await at('export')
  const withEvidence = await at('export', '--evidence')

  expect(without.out).not.toContain('arrived broken')
  expect(withEvidence.out).toContain('arrived broken')
})

test.each<[string, (text: string) => string | Buffer, RegExp]>([
  ['with CRLF line breaks', (text) => text.replaceAll('\n', '\r\n'), /line 1: .*was converted/],
  ['with a byte order mark', (text) => `\ufeff${text}`, /line 1: .*was converted/],
  ['compressed', (text) => gzipSync(text), /line 1: .*not UTF-8\. If it was compressed/],
  ['in UTF-16', (text) => Buffer.from(`\ufeff${text}`, 'utf16le'), /line 1: .*not UTF-8\./],
  [
    'in Latin-1',
    (text) => Buffer.from(text.replace('refund', 'refünd'), 'latin1'),
    /line 1: .*not UTF-8\./,
  ],
])('of an export %s it is said that it is not as it was written', async (_, convert, told) => {
  await at('export', '-o', 'whole.jsonl')
  writeFileSync(
    join(folder, 'other.jsonl'),
    convert(readFileSync(join(folder, 'whole.jsonl'), 'utf8')),
  )

  expect(await loop('verify', '--export', 'other.jsonl')).toMatchObject({
    code: 5,
    out: expect.stringMatching(told),
  })
})

test('an older copy of the database does not fit the checkpoint', async () => {
  await checkpoint(db)
  const later = createTestWorkshop()
  onTestFinished(later.remove)
  copyFileSync(db, later.db)
  await later.prepare((system) => requestPayment(system, 'three'))
  writeFileSync(join(folder, 'checkpoint.txt'), await checkpoint(later.db))

  const args = ['verify', '--checkpoint', 'checkpoint.txt', '--trust', 'key.pub']
  expect(await loop('--db', later.db, ...args)).toMatchObject({ code: 0 })
  expect(await at(...args)).toMatchObject({
    code: 5,
    out: expect.stringContaining('shorter'),
  })
  expect(await at('verify', '--checkpoint', 'checkpoint.txt')).toMatchObject({ code: 2 })
  expect(await at('verify', '--trust', 'key.pub')).toMatchObject({ code: 2 })
  const strange = ['--checkpoint', 'checkpoint.txt', '--trust', 'stranger.pub']
  expect(await at('verify', ...strange)).toMatchObject({ code: 5 })
})

test('a run that was rewritten with hashes to match does not fit the checkpoint', async () => {
  writeFileSync(join(folder, 'checkpoint.txt'), await checkpoint(db))
  const whole = await at('verify', '--checkpoint', 'checkpoint.txt', '--trust', 'key.pub')
  expect(whole.out).toContain('the log still begins with the 4 entries of the checkpoint')
  const file = join(folder, 'rewritten.db')
  copyFileSync(db, file)
  const database = new DatabaseSync(file)
  const run = String(database.prepare('SELECT run_id FROM instance').get()?.['run_id'])
  const write = database.prepare('UPDATE entry SET body = ?, hash = ? WHERE pos = ?')
  let head = '0'.repeat(64)
  for (const { pos, body } of database
    .prepare('SELECT pos, body FROM entry WHERE run_id = ? ORDER BY seq')
    .all(run)) {
    const forged = String(body)
      .replace(/"prevHash":"[0-9a-f]+"/, `"prevHash":"${head}"`)
      .replace('agent:refunds', 'agent:somebody')
    head = hash('sha256', `loop-engine/entry/v1\n${forged}`)
    write.run(forged, head, Number(pos))
  }
  database
    .prepare("UPDATE instance SET rest = json_set(rest, '$.head', ?) WHERE run_id = ?")
    .run(head, run)
  database.close()

  const rewritten = (...args: string[]): Promise<Ran> =>
    loop('--db', 'rewritten.db', 'verify', ...args)
  expect(await rewritten()).toMatchObject({ code: 0 })
  expect(await rewritten('--checkpoint', 'checkpoint.txt', '--trust', 'key.pub')).toMatchObject({
    code: 5,
    out: expect.stringContaining(`entry 1 of run ${run}: hash_mismatch`),
  })
})

test('a row that was edited by hand is named', async () => {
  copyFileSync(db, join(folder, 'edited.db'))
  sql(
    join(folder, 'edited.db'),
    "UPDATE entry SET body = replace(body, 'agent:refunds', 'agent:somebody') WHERE type = 'loop.approval.requested'",
  )

  const { code, out } = await loop('--db', 'edited.db', 'verify')

  expect(code).toBe(5)
  expect(out).toMatch(/entry 2 of run [0-9a-f-]{36}: hash_mismatch/)
})

test('a timeline is not printed from an entry that was changed; the error names the entry', async () => {
  const broken = join(folder, 'broken.db')
  copyFileSync(db, broken)
  sql(broken, "UPDATE entry SET body = replace(body, 'a', 'b') WHERE seq = 2")

  const { code, err } = await loop('--db', 'broken.db', 'timeline', 'one')

  expect(code).toBe(5)
  expect(err).toMatch(/Entry 2 of run [0-9a-f-]{36} was changed/)
})
