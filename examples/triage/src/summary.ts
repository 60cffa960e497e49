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
  readonly metrics: unknown
  readonly verified: boolean
  /** What does not hold, one sentence each. */
  readonly faults: readonly string[]
  /** The signed note; null when the record does not verify. */
  readonly checkpoint: string | null
}

export function renderSummary(summary: Summary): string {
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
    ...renderMetrics(summary.metrics),
    ...(verified ? ['The record verifies.'] : renderFaults(faults)),
    ...renderWaiting(waiting),
    ...(summary.interrupted ? ['Interrupted. Start again to go on; nothing is lost.'] : []),
  ].join('\n')
}

export function renderFaults(faults: readonly string[]): string[] {
  return ['THE RECORD DOES NOT VERIFY:', ...faults.map((fault) => `  ${plain(fault)}`)]
}

function renderMetrics(metrics: unknown): string[] {
  return [JSON.stringify(metrics), '']
}

function renderWaiting(waiting: readonly string[]): string[] {
  if (waiting.length === 0) return []
  return [
    '',
    `${waiting.length} wait for a person:`,
    ...waiting.map((key) => `  ${plain(key)}`),
    'To decide, start again on a terminal, or: npm run loop -- inbox --role security',
    '                                          npm run loop -- approve KEY --role security',
  ]
}

function entries<Value>(record: Readonly<Record<string, Value>>): [string, Value][] {
  return Object.entries(record).toSorted(([one], [other]) => one.localeCompare(other))
}
