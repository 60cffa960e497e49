import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
  const desk = createTicketDesk(path, { now: () => now })
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

test('filing twice with one key files one ticket, and answers with it', () => {
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
  const before = createTicketDesk(path, { now: () => 1000 })
  const ticket = before.file(request)
  before.close()

  const after = openDesk(path, 2000)

  expect(after.file(request)).toEqual(ticket)
  expect(after.count()).toBe(1)
})

test('two desks open on one file at the same time file one ticket', () => {
  const path = temporaryFile()
  const [one, other] = [openDesk(path), openDesk(path)]

  expect(other.file(request)).toEqual(one.file(request))
  expect(one.count()).toBe(1)
})

test('whoever opens a new file in the same instant as another gets a desk too', async () => {
  const program = `
    const { workerData } = require('node:worker_threads')
    import(${JSON.stringify(join(import.meta.dirname, 'tickets.ts'))}).then(({ createTicketDesk }) => {
      for (const [round, path] of workerData.paths.entries()) {
        Atomics.add(workerData.arrived, 0, 1)
        while (Atomics.load(workerData.arrived, 0) < (round + 1) * 2);
        createTicketDesk(path).close()
      }
    })`
  const paths = Array.from({ length: 40 }, temporaryFile)
  const arrived = new Int32Array(new SharedArrayBuffer(4))
  const execArgv = ['--disable-warning=ExperimentalWarning', '--conditions=@loop-engine/source']

  const ends = [1, 2].map(() => {
    const worker = new Worker(program, { eval: true, execArgv, workerData: { paths, arrived } })
    onTestFinished(async () => void (await worker.terminate()))
    return once(worker, 'exit')
  })

  expect(await Promise.all(ends)).toEqual([[0], [0]])
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
