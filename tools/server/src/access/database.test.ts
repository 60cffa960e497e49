import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

import { expect, onTestFinished, test } from 'vitest'

import { createApiKeys } from './api-keys.ts'
import { openDatabase } from './database.ts'

test('a server that opens the file while another one makes it waits', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'loop-server-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'server.db')
  // In another thread, because waiting for a lock of SQLite blocks the thread.
  const program = `
    const { parentPort, workerData } = require('node:worker_threads')
    const { DatabaseSync } = require('node:sqlite')
    const database = new DatabaseSync(workerData)
    database.exec('BEGIN IMMEDIATE')
    parentPort.postMessage('makes it')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
    database.exec('CREATE TABLE made (at INTEGER); COMMIT')
    database.close()`
  const maker = new Worker(program, { eval: true, workerData: path })
  await once(maker, 'message')

  openDatabase(path).close()

  expect(await once(maker, 'exit')).toEqual([0])
})

test('keys are accepted although the file cannot be written, as on a full disk', () => {
  const database = openDatabase(':memory:')
  onTestFinished(() => database.close())
  const keys = createApiKeys(database, { now: () => 1_000_000 })
  const actor = { type: 'automation', id: 'desk' } as const
  const { secret } = keys.create({
    tenant: 'acme',
    name: 'desk',
    actor,
    scopes: ['stop'],
    createdBy: 'test',
  })
  database.exec('PRAGMA query_only = ON')

  expect(keys.find(secret)).toMatchObject({ tenant: 'acme', actor })
})
