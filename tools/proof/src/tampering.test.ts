import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { isLoopError } from '@loop-engine/core'
import { createSqliteStore } from '@loop-engine/integration-sqlite'
import { exportRecords, verifyExport, verifyStore } from '@loop-engine/observability'
import { createLoopSystem, defineLoop } from '@loop-engine/sdk'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'loop-tampering-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const agent = { type: 'ai-agent', id: 'agent:payer' } as const
const alice = { type: 'human', id: 'alice' } as const
const atOpen = { from: 'OPEN', to: 'OPEN', actors: ['ai-agent' as const] }
const payment = defineLoop({
  id: 'payment',
  states: [
    { id: 'OPEN', timeout: { after: '1h', transition: 'lapse' } },
    'PAYING',
    { id: 'PAID', terminal: true },
  ],
  initialState: 'OPEN',
  transitions: [
    { id: 'note', ...atOpen, guards: [{ id: 'slow', use: 'cooldown', with: { period: '1h' } }] },
    {
      id: 'ask',
      ...atOpen,
      approval: {
        reviewers: ['alice'],
        expiresIn: '1d',
        escalate: [{ after: '2h', reviewers: ['bob'] }],
      },
    },
    {
      id: 'pay',
      ...atOpen,
      to: 'PAYING',
      guards: [{ id: 'purse', use: 'budget', with: { limit: 8, amount: '/cents' } }],
      effect: { integration: 'bank', action: 'pay', semantics: 'at-most-once', onSuccess: 'paid' },
    },
    { id: 'paid', from: 'PAYING', to: 'PAID', actors: ['automation'] },
    { id: 'lapse', from: 'OPEN', to: 'PAID', actors: ['system'] },
  ],
})

let files = 0

async function opened(path: string) {
  const { engine, approvals, relay, close } = await createLoopSystem({
    loops: [payment],
    store: createSqliteStore({ path, durability: 'process' }),
    integrations: [
      {
        contract: 'integration/v1',
        name: 'bank',
        actions: { pay: { input: { parse: (value) => value }, run: async () => ({}) } },
      },
    ],
    relay: false,
  })
  const take = async (aggregateId: string, ...transitions: readonly string[]): Promise<void> => {
    await engine.start({ loopId: 'payment', aggregateId, actor: agent, tags: ['blue'] })
    for (const transitionId of transitions)
      await engine.transition({ aggregateId, transitionId, actor: agent, evidence: { cents: 5 } })
  }
  return { engine, approvals, relay, close, take }
}

/** A database in which a run waits for alice, another's effect and timer wait, and mallory is stopped. */
async function filled(): Promise<string> {
  const path = join(folder, `${files++}.db`)
  const { engine, close, take } = await opened(path)
  await take('order-1', 'note', 'ask')
  await take('order-2', 'pay')
  await engine.stop({ target: { actorId: 'mallory' }, actor: alice, reason: 'stolen' })
  await close()
  return path
}

async function verify(path: string, deep: boolean): Promise<string | undefined> {
  const store = createSqliteStore({ path })
  await store.open()
  const { first } = await verifyStore({ store, tenant: 'default', deep, threads: 1 })
  await store.close()
  return first?.fault
}

const inRun = (column: string, value: string): string =>
  `UPDATE instance SET ${column} = ${value} WHERE aggregate_id = 'order-1'`
const inEntry = (column: string, value: string): string =>
  `UPDATE entry SET ${column} = ${value} WHERE transition_id = 'note'`
const inRequest = (path: string, value: string): string =>
  `UPDATE approval SET request = json_set(request, '$.${path}', ${value})`

test.each([
  inRun('state', "'PAYING'"),
  inRun('status', "'suspended'"),
  inRun('version', 'version + 1'),
  inRun('version', '9007199254740991'),
  inRun('updated_at', '0'),
  inRun('rest', "json_set(rest, '$.head', 'x')"),
  inRun('rest', "json_set(rest, '$.definition.digest', 'x')"),
  inRun('rest', "json_set(rest, '$.stateVersion', 1)"),
  inRun('rest', "json_set(rest, '$.openApprovals', 0)"),
  inRun('rest', "json_remove(rest, '$.definition')"),
  inRun('rest', "'{'"),
  "DELETE FROM instance WHERE aggregate_id = 'order-1'",
  inEntry('body', "replace(body, 'agent:payer', 'agent:other')"),
  inEntry('type', "'loop.transition.blocked'"),
  inEntry('transition_id', "'pay'"),
  inEntry('at', '0'),
  inEntry('hash', "replace(hash, 'a', 'b') || 'c'"),
  inEntry('evidence', '\'{"cents":6}\''),
  inEntry('salt', "'x'"),
  "DELETE FROM entry WHERE transition_id = 'note'",
  'DELETE FROM stop',
  "UPDATE stop SET scope = 'actor:default:alice'",
  "UPDATE stop SET reason = 'none'",
])('verify names what this changes: %s', async (change) => {
  const path = await filled()
  expect(await verify(path, true)).toBeUndefined()
  const database = new DatabaseSync(path)
  expect(database.prepare(change).run().changes).toBeGreaterThan(0)
  database.close()

  // Of a run that nobody knows any more only the log, or its entries, tell.
  expect(await verify(path, change.startsWith('DELETE FROM instance'))).toBeDefined()
})

test.each([
  inRun('tags', '\'["red"]\''),
  inRun('rest', "json_set(rest, '$.metadata', json('{\"vip\":true}'))"),
  inRun('executions', "'{}'"),
  inRun('executions', "'{'"),
  inRun('executions', "json_set(executions, '$.note', 1)"),
  'DELETE FROM approval',
  "UPDATE approval SET request = 'null'",
  "UPDATE approval SET status = 'rejected'",
  "UPDATE approval SET run_id = 'other'",
  "UPDATE approval SET aggregate_id = 'order-2'",
  inRequest('policy', 'null'),
  inRequest('aggregateId', "'order-2'"),
  inRequest('status', "'rejected'"),
  inRequest('expiresAt', '9007199254740991'),
  inRequest('evidence.cents', '6'),
  inRequest('view.title', "'note on order-1'"),
  inRequest('policy.stages[0].reviewers[0]', "'mallory'"),
  inRequest('requester.id', "'mallory'"),
  inRequest('stage', '1'),
  inRequest('escalated[0]', "'mallory'"),
  "DELETE FROM outbox WHERE kind = 'effect'",
  "DELETE FROM outbox WHERE name = 'state-timeout'",
  "DELETE FROM outbox WHERE name = 'approval-expiry'",
  "DELETE FROM outbox WHERE name = 'approval-escalation'",
  "UPDATE outbox SET kind = 'other' WHERE kind = 'effect'",
  "UPDATE outbox SET run_id = 'other' WHERE kind = 'timer'",
  'DELETE FROM definition',
  'DELETE FROM counter',
  'UPDATE counter SET value = value - 1',
  'UPDATE counter SET bucket = 1',
  "UPDATE counter SET key = 'budget:other'",
])('verify names what this changes when it looks deep: %s', async (change) => {
  const path = await filled()
  const database = new DatabaseSync(path)
  expect(database.prepare(change).run().changes).toBeGreaterThan(0)
  database.close()

  expect(await verify(path, true)).toBeDefined()
})

test('verify finds a transition beyond a limit, even if its counter was manipulated and restored', async () => {
  const path = await filled()
  const set = (value: number): void => {
    const database = new DatabaseSync(path)
    database.prepare('UPDATE counter SET value = ?').run(value)
    database.close()
  }
  set(0)
  const { take, close } = await opened(path)
  await take('order-3', 'pay')
  await close()
  set(10)

  expect(await verify(path, true)).toBe('illegal')
  const store = createSqliteStore({ path })
  await store.open()
  const lines = await Array.fromAsync(exportRecords({ store, tenant: 'default' }))
  await store.close()
  expect(await verifyExport(lines)).toMatchObject({ ok: true })
  expect(await verifyExport(lines, { deep: true })).toMatchObject({
    first: { line: lines.length, fault: 'illegal' },
  })
})

test('if any text in the file is changed, verify gives a report, and every call ends with a result or a LoopError', async () => {
  const path = await filled()
  const database = new DatabaseSync(path)
  const texts = database
    .prepare(
      "SELECT m.name || '.' || c.name AS place FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.type = 'TEXT'",
    )
    .all()
    .map(({ place }) => String(place))
  database.close()
  expect(texts.length).toBeGreaterThan(50)
  for (const place of texts) {
    const [table, column] = place.split('.')
    const copy = join(folder, `${files++}.db`)
    copyFileSync(path, copy)
    const changed = new DatabaseSync(copy)
    changed.exec(`UPDATE OR IGNORE ${table} SET ${column} = '{}'`)
    changed.close()
    await verify(copy, true)
    const { engine, approvals, relay, close } = await opened(copy)
    const run = { aggregateId: 'order-1', actor: alice }
    const uses = [
      () => engine.find({ tag: 'blue' }),
      () => engine.available(run),
      () => Array.fromAsync(engine.history(run)),
      () => approvals.inbox({ actor: alice }),
      () => relay.drain(),
      () => relay.deadLetters(),
      () => engine.cancel({ ...run, reason: 'enough' }),
    ]
    for (const use of uses) {
      const error: unknown = await use().then(
        () => null,
        (thrown: unknown) => thrown,
      )
      expect(error === null || isLoopError(error), place).toBe(true)
    }
    await close()
  }
})
