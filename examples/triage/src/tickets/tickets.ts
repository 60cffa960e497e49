import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { LoopError, type Clock } from '@loop-engine/sdk'
import { z } from 'zod'

import { remediations } from '../proposals/rules.ts'
import { severities } from '../signals/severity.ts'

export const ticketRequestSchema = z.object({
  /** Filing again with the same key returns the existing ticket. */
  idempotencyKey: z.string().min(1),
  /** What the ticket is about: the signal's business key. */
  key: z.string().min(1),
  title: z.string().min(1),
  severity: z.enum(severities),
  remediation: z.enum(remediations),
  repository: z.string().nullable(),
  url: z.string(),
  rationale: z.string(),
})
export type TicketRequest = z.infer<typeof ticketRequestSchema>

const ticketSchema = ticketRequestSchema.extend({
  id: z.int(),
  /** Epoch milliseconds. */
  filedAt: z.int(),
})
type Ticket = Readonly<z.infer<typeof ticketSchema>>

export interface TicketDesk {
  /**
   * Files one ticket for each idempotency key. A repeated request, from any process, returns the ticket of the first.
   */
  file(request: TicketRequest): Ticket
  /** All tickets, oldest first. */
  list(): Ticket[]
  count(): number
  close(): void
}

export interface TicketDeskOptions {
  readonly clock?: Pick<Clock, 'now'>
}

const table = `CREATE TABLE IF NOT EXISTS tickets (
  id INTEGER PRIMARY KEY,
  idempotency_key TEXT NOT NULL UNIQUE,
  key TEXT NOT NULL,
  title TEXT NOT NULL,
  severity TEXT NOT NULL,
  remediation TEXT NOT NULL,
  repository TEXT,
  url TEXT NOT NULL,
  rationale TEXT NOT NULL,
  filed_at INTEGER NOT NULL
) STRICT`
const insertion = `INSERT INTO tickets
  (idempotency_key, key, title, severity, remediation, repository, url, rationale, filed_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (idempotency_key) DO NOTHING`
const selection = `SELECT id, idempotency_key AS idempotencyKey, key, title, severity, remediation,
  repository, url, rationale, filed_at AS filedAt FROM tickets`

/** A desk that keeps its tickets in an SQLite file. Creates the file and its folder if they do not exist. */
export function createTicketDesk(
  path: string,
  { clock = { now: Date.now } }: TicketDeskOptions = {},
): TicketDesk {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
  const database = openDatabase(path)
  const insert = database.prepare(insertion)
  const selectByKey = database.prepare(`${selection} WHERE idempotency_key = ?`)
  const selectAll = database.prepare(`${selection} ORDER BY id`)
  const selectCount = database.prepare('SELECT count(*) AS count FROM tickets')

  return {
    file(request) {
      const { idempotencyKey, key, title, severity, remediation, repository, url, rationale } =
        ticketRequestSchema.parse(request)
      insert.run(
        idempotencyKey,
        key,
        title,
        severity,
        remediation,
        repository,
        url,
        rationale,
        clock.now(),
      )
      return ticketSchema.parse(selectByKey.get(idempotencyKey))
    },
    list: () => selectAll.all().map((row) => ticketSchema.parse(row)),
    count: () => z.object({ count: z.int() }).parse(selectCount.get()).count,
    close: () => database.close(),
  }
}

function openDatabase(path: string): DatabaseSync {
  try {
    const database = new DatabaseSync(path)
    // Other processes may write to the same file, so wait for them instead of failing. The write-ahead log stays off:
    // switching it on does not wait, so that one of two processes which open a new file at once would fail.
    database.exec('PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL')
    database.exec(table)
    // Fails here, and not later, if another program owns the table of this name.
    database.prepare(insertion)
    return database
  } catch (cause) {
    throw new LoopError('unavailable', `The tickets cannot be kept in ${path}.`, {
      plugin: 'tickets',
      hint: 'Give a file that this program created and that you may write to, or a new one.',
      cause,
    })
  }
}
