import { renderTimeline, timelineOf } from '@loop-engine/observability'

import type { AddCommand } from '../context.ts'
import { withSession } from '../session.ts'
import { wholeNumber } from '../whole-number.ts'
import { findRun } from './find-run.ts'

interface TimelineOptions {
  readonly from: number
  readonly limit?: number
}

export const addTimeline: AddCommand = (program, act) => {
  program
    .command('timeline')
    .description('tell the story of a run: who did what, why, and what was refused')
    .argument('<id>', 'business key or run id')
    .option(
      '--from <seq>',
      'begin with the entry of this number',
      wholeNumber(1, Number.MAX_SAFE_INTEGER),
      1,
    )
    .option('--limit <count>', 'print at most this many entries', wholeNumber(1, 1_000_000))
    .action(
      act(async ({ options, output }, id: string, chosen: TimelineOptions) =>
        withSession(options, async (session) => {
          const { tenant, aggregateId, runId, version } = await findRun(session, id)
          const rows = await timelineOf(
            session.engine.history({ tenant, aggregateId, runId, ...chosen }),
          )
          const text = renderTimeline(rows, { color: output.color }).trimEnd()
          output.result(rows, text || `The run has no entry from ${chosen.from} on.`)
          const { seq = version } = rows.at(-1) ?? {}
          if (seq < version) output.note(`There is more: --from ${seq + 1}`)
        }),
      ),
    )
}
