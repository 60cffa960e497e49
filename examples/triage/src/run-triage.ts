import { metricsOf, renderTimeline, timelineOf } from '@loop-engine/observability'

import { askPerson } from './ask.ts'
import { takeIn, type IntakeCounts } from './intake.ts'
import type { Options } from './options.ts'
import { countProposals } from './proposals/assessment.ts'
import type { Reviews } from './reviews.ts'
import { settle } from './settle.ts'
import { readPayloads } from './signals/payloads.ts'
import type { Summary } from './summary.ts'
import { createStore, openTriageJob, type TriageJob } from './triage-job.ts'
import { createTrust, type Trust } from './trust.ts'

export interface RunTriageOptions {
  readonly options: Options
  /** Lets the work in progress finish, then ends the job. */
  readonly abort: AbortSignal
  readonly onProgress: (counts: Readonly<IntakeCounts>) => void
  readonly onIntakeEnd: () => void
  readonly onError: (error: unknown) => void
}

/**
 * Runs the whole job. It keeps no notes of its own: it does what the ledger does not show as done. If the record does
 * not verify at the start, it changes nothing and returns only the faults.
 */
export async function runTriage(
  given: RunTriageOptions,
): Promise<Summary | { faults: readonly string[] }> {
  const { options, onError } = given
  const { data, as, proposer } = options
  const store = createStore(data)
  await store.open()
  const trust = createTrust({ store, data })
  const faults = await trust.check()
  if (faults.length > 0) {
    await store.close()
    return { faults }
  }

  const reviewer = { type: 'human', id: as, roles: ['security'] } as const
  const job = await openTriageJob(store, {
    data,
    reviewer,
    proposer,
    abort: given.abort,
    onError,
  })
  try {
    return await work(job, trust, given)
  } finally {
    await job.close()
  }
}

async function work(
  job: TriageJob,
  trust: Trust,
  { options, abort, onProgress, onIntakeEnd }: RunTriageOptions,
): Promise<Summary> {
  const { system, loop, reviews, desk } = job
  const ticketsBefore = desk.count()
  const settled = (): Promise<void> => settle(system, { loopId: loop.id, abort, limitMs: 60_000 })

  const counts = await takeIn(readPayloads(), { triage: job.triage, abort, onProgress })
  onIntakeEnd()
  await settled()
  const decided = abort.aborted ? nothing : await decide(reviews, options.answers, abort)
  await settled()
  return summarise(job, trust, { counts, ...decided, ticketsBefore, interrupted: abort.aborted })
}

interface Decided {
  readonly refused: readonly string[]
  /** How many decisions somebody else, at the console or in another start of this job, had taken first. */
  readonly decidedElsewhere: number
}

const nothing: Decided = { refused: [], decidedElsewhere: 0 }

/**
 * Answers every waiting matter as the options say. If an answer
 * is refused, such as under a stop, the matter goes on waiting.
 */
async function decide(
  reviews: Reviews,
  answers: Options['answers'],
  abort: AbortSignal,
): Promise<Decided> {
  if (answers === 'leave') return nothing
  if (answers === 'ask') {
    await askPerson(reviews, { signal: abort })
    return nothing
  }
  const answer =
    answers === 'approve'
      ? ({ kind: 'approve' } as const)
      : ({ kind: 'reject', reason: 'rejected by --reject-all' } as const)
  const refused: string[] = []
  let decidedElsewhere = 0
  for (const item of await reviews.waiting()) {
    const reason = await reviews.answer(item, answer)
    if (reason === 'already_decided') decidedElsewhere++
    else if (reason !== null) refused.push(`${item.key}: ${reason}`)
  }
  return { refused, decidedElsewhere }
}

async function summarise(
  { store, system, loop, reviews, desk }: TriageJob,
  trust: Trust,
  start: Decided & {
    readonly counts: IntakeCounts
    readonly ticketsBefore: number
    readonly interrupted: boolean
  },
): Promise<Summary> {
  const { items: runs } = await system.engine.find({ loopId: loop.id, limit: 1000 })
  const states: Record<string, number> = {}
  for (const { currentState } of runs) states[currentState] = (states[currentState] ?? 0) + 1
  const longest = runs.toSorted((one, other) => other.version - one.version)[0]
  const faults = await trust.check()
  // A record that does not verify is not signed, so the last good checkpoint stays.
  const checkpoint = faults.length === 0 ? await trust.seal() : null
  const waiting = await reviews.waiting()
  const tickets = desk.count()
  return {
    counts: start.counts,
    proposals: await countProposals(system.engine, runs),
    refused: start.refused,
    decidedElsewhere: start.decidedElsewhere,
    interrupted: start.interrupted,
    states,
    waiting: waiting.map(({ key }) => key),
    tickets,
    ticketsFiledNow: tickets - start.ticketsBefore,
    timeline: longest ? renderTimeline(await timelineOf(system.engine.history(longest))) : '',
    metrics: await metricsOf({ store, tenant: 'default', loopId: loop.id }),
    verified: faults.length === 0,
    faults,
    checkpoint,
  }
}
