import type { DeadLetter, EntryType, LoopInstance } from '@loop-engine/core'
import type { HistoryItem } from '@loop-engine/sdk'
import { z } from 'zod'

import { entryShape, shownEntry } from '../entry-shape.ts'
import { runShape, shownRun } from '../run-shape.ts'
import {
  cursorSchema,
  limitSchema,
  pageOf,
  timeOf,
  timeSchema,
  untrustedShape,
} from '../schemas.ts'
import type { Session } from '../session.ts'
import { defineTool } from '../tool.ts'
import { untrusted } from '../untrusted.ts'

const kinds = ['dead_letters', 'failed_runs', 'suspended_runs', 'blocked_runs'] as const
const setbacks: ReadonlySet<EntryType> = new Set<EntryType>([
  'loop.transition.blocked',
  'loop.transition.rejected',
  'loop.approval.rejected',
  'loop.approval.expired',
  'loop.effect.failed',
  'loop.effect.unknown',
])

interface Query {
  readonly limit: number
  readonly cursor?: string | undefined
}
interface Found {
  readonly items: readonly object[]
  readonly cursor?: string | undefined
}

export const listExceptions = defineTool({
  name: 'list_exceptions',
  title: 'List what needs attention',
  description:
    'What went wrong: deliveries that were given up (dead_letters), runs that failed (failed_runs) or are suspended (suspended_runs), and open runs whose newest entry is a refusal, an expired approval or a failed effect (blocked_runs). A page may be empty and still have a cursor.',
  input: z.strictObject({ kind: z.enum(kinds), limit: limitSchema, cursor: cursorSchema }),
  output: pageOf(
    z.object({
      run: z.object(runShape).optional(),
      newest: z.object(entryShape).optional(),
      deadLetter: z
        .object({
          kind: z.string(),
          name: z.string(),
          aggregateId: z.string(),
          runId: z.string(),
          attempts: z.int(),
          gaveUpAt: timeSchema,
          ...untrustedShape,
        })
        .optional(),
    }),
  ),
  async run({ kind, ...query }, session) {
    const { items, cursor } = await find(kind, query, session)
    return { items, ...(cursor !== undefined && { cursor }) }
  },
})

function find(kind: (typeof kinds)[number], query: Query, session: Session): Promise<Found> {
  switch (kind) {
    case 'dead_letters':
      return deadLetters(query, session)
    case 'failed_runs':
      return runs('failed', query, session)
    case 'suspended_runs':
      return runs('suspended', query, session)
    case 'blocked_runs':
      return blockedRuns(query, session)
  }
}

async function runs(
  status: LoopInstance['status'],
  query: Query,
  { engine, tenant, loops }: Session,
): Promise<Found> {
  const { items, cursor } = await engine.find({ tenant, status, ...query })
  const visible = items.filter(({ loopId }) => loops.has(loopId))
  return { items: visible.map((run) => ({ run: shownRun(run) })), cursor }
}

async function blockedRuns(query: Query, { engine, tenant, loops }: Session): Promise<Found> {
  const page = await engine.find({ tenant, status: 'active', ...query })
  const visible = page.items.filter(({ loopId }) => loops.has(loopId))
  const items = await Promise.all(
    visible.map(async (run) => {
      const { aggregateId, runId, version } = run
      const newest = await first(
        engine.history({ tenant, aggregateId, runId, from: version, limit: 1 }),
      )
      return newest && setbacks.has(newest.entry.type)
        ? [{ run: shownRun(run), newest: shownEntry(newest) }]
        : []
    }),
  )
  return { items: items.flat(), cursor: page.cursor }
}

async function deadLetters(
  query: Query,
  { relay, engine, tenant, loops }: Session,
): Promise<Found> {
  const page = await relay.deadLetters({ tenant, ...query })
  const items = await Promise.all(
    page.items.map(async (letter) => {
      const { aggregateId, runId } = letter
      const start = await first(engine.history({ tenant, aggregateId, runId, limit: 1 }))
      return start && loops.has(start.entry.loopId) ? [{ deadLetter: shownLetter(letter) }] : []
    }),
  )
  return { items: items.flat(), cursor: page.cursor }
}

/** A dead letter without its content, which may be evidence. */
function shownLetter({
  kind,
  name,
  aggregateId,
  runId,
  attempt,
  diedAt,
  error,
}: DeadLetter): object {
  return {
    kind,
    name,
    aggregateId,
    runId,
    attempts: attempt,
    gaveUpAt: timeOf(diedAt),
    ...untrusted({ error }),
  }
}

async function first(items: AsyncIterable<HistoryItem>): Promise<HistoryItem | undefined> {
  for await (const item of items) return item
  return undefined
}
