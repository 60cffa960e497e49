import { join } from 'node:path'

import type { LoopMetrics } from '@loop-engine/observability'
import { spellOut as plain } from '@loop-engine/observability'
import type { LoopError } from '@loop-engine/sdk'

import type { IntakeCounts, Unproposed } from './intake.ts'

/** The result of one start of the job. */
export interface Summary {
  readonly counts: IntakeCounts
  /** The number of matters that each provider assessed, in this start or before. */
  readonly proposals: Readonly<Record<string, number>>
  /** The number of runs in each state. */
  readonly states: Readonly<Record<string, number>>
  /** Keys of the matters that wait for a person. */
  readonly waiting: readonly string[]
  /** Decisions that were refused, each with its reason. */
  readonly refused: readonly string[]
  /** How many decisions somebody else had taken first. */
  readonly decidedElsewhere: number
  readonly tickets: number
  readonly ticketsFiledNow: number
  readonly interrupted: boolean
  /** The timeline of the longest run, as text. */
  readonly timeline: string
  readonly metrics: readonly LoopMetrics[]
  readonly verified: boolean
  /** What verification found, one sentence for each fault. */
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
    ...renderUnproposed(counts.unproposed),
    ...entries(summary.proposals).map(([label, count]) => `${count} proposed by ${plain(label)}`),
    ...entries(states).map(([state, count]) => `  ${count} ${state}`),
    `${tickets} tickets, ${ticketsFiledNow} of them filed now`,
    '',
    timeline.trimEnd(),
    '',
    ...renderMetrics(summary.metrics),
    '',
    ...(verified ? ['The record verifies.'] : renderFaults(faults)),
    ...(summary.decidedElsewhere > 0
      ? [`${summary.decidedElsewhere} were decided by somebody else first.`]
      : []),
    ...summary.refused.map((refusal) => `Refused to decide on ${plain(refusal)}`),
    ...renderWaiting(waiting, data),
    ...(summary.interrupted ? ['Interrupted. Start again to go on; nothing is lost.'] : []),
  ].join('\n')
}

export function renderFaults(faults: readonly string[]): string[] {
  return ['THE RECORD DOES NOT VERIFY:', ...faults.map((fault) => `  ${plain(fault)}`)]
}

/** Lists each reason once, with the matters that it concerns. */
function renderUnproposed(unproposed: readonly Unproposed[]): string[] {
  if (unproposed.length === 0) return []
  const reasons = Map.groupBy(unproposed, ({ failure }) => reasonOf(failure))
  return [
    `${unproposed.length} without a proposal; nothing is lost, the next start asks again:`,
    ...[...reasons].flatMap(([reason, matters]) => [
      `  ${reason}`,
      ...matters.map(({ key }) => `    ${plain(key)}`),
    ]),
    'Or let the rules propose: --provider rules',
  ]
}

function reasonOf({ code, message, hint = '', details = {} }: LoopError): string {
  const { status, vendorCode, requestId } = details
  const facts = Object.entries({ status, vendorCode, requestId })
    .filter(([, fact]) => typeof fact === 'string' || typeof fact === 'number')
    .map(([name, fact]) => `, ${name} ${String(fact)}`)
  return plain(`${message} ${hint} (${code}${facts.join('')})`)
}

function renderMetrics(metrics: readonly LoopMetrics[]): string[] {
  return metrics.flatMap(({ transitions, blocked, approvals, aiShare, humanShare, exceptions }) => [
    `transitions: ${listed(transitions)}`,
    `asked for by an agent ${percent(aiShare)}, with a person involved ${percent(humanShare)}`,
    `blocked by guards: ${listed(blocked)}`,
    `approvals: ${approvals.requested} requested, ${approvals.approved} approved, ${approvals.rejected} rejected`,
    `to be looked at: ${exceptions}`,
  ])
}

function listed(counts: Readonly<Record<string, number>>): string {
  return (
    entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'none'
  )
}

function percent(share: number | null): string {
  return share === null ? '-' : `${Math.round(share * 100)} %`
}

function renderWaiting(waiting: readonly string[], data: string): string[] {
  if (waiting.length === 0) return []
  const database = join(data, 'loop.db')
  const db = database === join('.loop', 'loop.db') ? '' : ` --db ${quoted(database)}`
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

/** The path as one word for a shell. */
function quoted(path: string): string {
  return /^[\w:.@/-]+$/.test(path) ? path : `'${plain(path).replaceAll("'", `'\\''`)}'`
}

function entries<Value>(record: Readonly<Record<string, Value>>): [string, Value][] {
  return Object.entries(record).toSorted(([one], [other]) => one.localeCompare(other))
}
