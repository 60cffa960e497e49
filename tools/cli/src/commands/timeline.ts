import { renderTimeline, timelineOf } from '@loop-engine/observability'

import type { AddCommand } from '../context.ts'
import { withSession } from '../session.ts'
import { findRun } from './find-run.ts'

export const addTimeline: AddCommand = (program, act) => {
  program
    .command('timeline')
    .description('tell the story of a run: who did what, why, and what was refused')
    .argument('<id>', 'business key or run id')
    .action(
      act(async ({ options, output }, id: string) =>
        withSession(options, async (session) => {
          const { tenant, aggregateId, runId } = await findRun(session, id)
          const rows = await timelineOf(session.engine.history({ tenant, aggregateId, runId }))
          output.result(rows, renderTimeline(rows, { color: output.color }).trimEnd())
        }),
      ),
    )
}
