import { renderTimeline, timelineOf } from '@loop-engine/observability'

import type { AddCommand } from '../context.ts'
import { exitCodes } from '../exit-codes.ts'
import { withSession } from '../session.ts'
import { findRun } from './find-run.ts'

export const addTimeline: AddCommand = (program, act) => {
  program
    .command('timeline')
    .description('tell the story of a run: who did what, why, and what was refused')
    .argument('<id>', 'business key or run id')
    .action(
      act(async (context, id: string) =>
        withSession(context.options, async (session) => {
          const { tenant, runId } = await findRun(session, id)
          const timeline = await timelineOf(session.store, { tenant, runId })
          context.output.result(timeline, renderTimeline(timeline))
          return exitCodes.ok
        }),
      ),
    )
}
