import { join } from 'node:path'

import type { IntakeCounts } from './intake.ts'
import { plain } from './plain.ts'

/** What one start of the job has to say for itself. */
export interface Summary {
  readonly counts: IntakeCounts
  /** Runs by the state that they are in. */
  readonly states: Readonly<Record<string, number>>
  /** Keys of the matters that wait for a person. */
  readonly waiting: readonly string[]
  readonly tickets: number
  readonly ticketsFiledNow: number
  readonly interrupted: boolean
  /** The story of one run, as text. */
  readonly timeline: string
  readonly metrics: readonly object[]
  readonly verified: boolean
  /** What does not hold, one sentence each. */
  readonly faults: readonly string[]
  /** The signed note; null when the record does not verify. */
  readonly checkpoint: string | null
}

export function renderSummary(summary: Summary, data: string): string {
  const { counts, states, waiting, tickets, ticketsFiledNow, timeline, verified, faults } = summary
  const repeated = `${counts.duplicates} repeat others, ${counts.news} bring news of a known matter`
  return [
    `${counts.read} payloads read`,
    ...entries(counts.ignored).map(([reason, count]) => `  ${count} ignored: ${reason}`),
    `${counts.signals} signals, of which ${repeated}`,
    `${counts.opened} matters opened, ${counts.known} known from before`,
    ...entries(states).map(([state, count]) => `  ${count} ${state}`),
    `${tickets} tickets, ${ticketsFiledNow} of them filed now`,
    '',
    timeline.trimEnd(),
    '',
    'What the ledger says in numbers:',
    ...renderMetrics(summary.metrics),
    '',
    ...(verified ? ['The record verifies.'] : renderFaults(faults)),
    ...renderWaiting(waiting, data),
    ...(summary.interrupted ? ['Interrupted. Start again to go on; nothing is lost.'] : []),
  ].join('\n')
}

export function renderFaults(faults: readonly string[]): string[] {
  return ['THE RECORD DOES NOT VERIFY:', ...faults.map((fault) => `  ${plain(fault)}`)]
}

function renderMetrics(metrics: readonly object[]): string[] {
  return metrics.flatMap((loop) =>
    Object.entries(loop).map(([name, value]) => `  ${name}: ${describe(value)}`),
  )
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  const parts = entries(value as Record<string, unknown>).map(
    ([name, count]) => `${String(count)} ${name}`,
  )
  return plain(parts.join(', ') || 'none')
}

function renderWaiting(waiting: readonly string[], data: string): string[] {
  if (waiting.length === 0) return []
  const database = join(data, 'loop.db')
  const db = database === join('.loop', 'loop.db') ? '' : ` --db ${database}`
  return [
    '',
    `${waiting.length} wait for a person:`,
    ...waiting.map((key) => `  ${plain(key)}`),
    'To decide, start again on a terminal, or with --approve-all or --reject-all.',
    'What waits for approval can also be decided one by one:',
    `  npm run loop -- inbox --role security${db}`,
    `  npm run loop -- approve ID --role security${db}`,
  ]
}

function entries<Value>(record: Readonly<Record<string, Value>>): [string, Value][] {
  return Object.entries(record).toSorted(([one], [other]) => one.localeCompare(other))
}
