import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'

import { expect, onTestFinished, test } from 'vitest'

import { createTicketDesk, type TicketDesk, type TicketRequest } from './tickets.ts'

const request: TicketRequest = {
  idempotencyKey: 'effect-1',
  key: 'dependabot_alert:octo-org/octo-repo#3',
  title: 'Upgrade semver to 7.5.2 in octo-org/octo-repo',
  severity: 'medium',
  remediation: 'upgrade_dependency',
  repository: 'octo-org/octo-repo',
  url: 'https://github.com/octo-org/octo-repo/security/dependabot/3',
  rationale: 'Severity medium: the source says medium.',
}

function openDesk(path = ':memory:', now = 1000): TicketDesk {
  const desk = createTicketDesk(path, { clock: { now: () => now } })
  onTestFinished(() => desk.close())
  return desk
}

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tickets-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'not-there-yet', 'tickets.db')
}

test('a filed ticket has a number and says when it was filed', () => {
  const desk = openDesk()

  const ticket = desk.file(request)

  expect(ticket).toEqual({ ...request, id: 1, filedAt: 1000 })
  expect(desk.list()).toEqual([ticket])
})

test('filing twice with one key files one ticket and returns it both times', () => {
  const desk = openDesk()

  const first = desk.file(request)
  const second = desk.file({ ...request, title: 'Another title' })

  expect(second).toEqual(first)
  expect(desk.count()).toBe(1)
})

test('two keys are two tickets, even about the same matter', () => {
  const desk = openDesk()

  desk.file(request)
  desk.file({ ...request, idempotencyKey: 'effect-2' })

  expect(desk.list().map(({ id }) => id)).toEqual([1, 2])
})

test('a ticket outlives its desk, and the next desk does not file it again', () => {
  const path = temporaryFile()
  const before = createTicketDesk(path, { clock: { now: () => 1000 } })
  const ticket = before.file(request)
  before.close()

  const after = openDesk(path, 2000)

  expect(after.file(request)).toEqual(ticket)
  expect(after.count()).toBe(1)
})

test('a table of another program is refused and not written to', () => {
  const path = temporaryFile()
  mkdirSync(dirname(path))
  const another = new DatabaseSync(path)
  another.exec('CREATE TABLE tickets (seat TEXT)')
  another.close()

  expect(() => openDesk(path)).toThrow(
    expect.objectContaining({
      code: 'unavailable',
      hint: expect.stringContaining('a file that this program created'),
    }),
  )
})

test('two desks open on one file at the same time file one ticket', () => {
  const path = temporaryFile()
  const [one, other] = [openDesk(path), openDesk(path)]

  expect(other.file(request)).toEqual(one.file(request))
  expect(one.count()).toBe(1)
})

test('a desk that opens the file while another one creates it waits for its turn', async () => {
  const path = temporaryFile()
  mkdirSync(dirname(path))
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

  openDesk(path)

  expect(await once(maker, 'exit')).toEqual([0])
})

test('an advisory without a repository can have a ticket', () => {
  const desk = openDesk()

  expect(desk.file({ ...request, repository: null }).repository).toBeNull()
})

test('a request without a key is refused and nothing is filed', () => {
  const desk = openDesk()

  expect(() => desk.file({ ...request, idempotencyKey: '' })).toThrow('idempotencyKey')
  expect(desk.count()).toBe(0)
})
