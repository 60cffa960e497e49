import { instanceStatuses, type InstanceStatus } from '@loop-engine/sdk'
import { Option } from 'commander'

import type { AddCommand } from '../context.ts'
import { table, time } from '../output.ts'
import { noteMore, withPages, type PageOptions } from '../pages.ts'
import { withSession } from '../session.ts'

interface ListOptions extends PageOptions {
  readonly loop?: string
  readonly state?: string
  readonly status?: InstanceStatus
  readonly tag?: string
}

export const addList: AddCommand = (program, act) => {
  withPages(program.command('list'), 100)
    .description('list runs')
    .option('--loop <id>', 'only runs of this loop')
    .option('--state <id>', 'only runs in this state')
    .addOption(
      new Option('--status <status>', 'only runs with this status').choices([...instanceStatuses]),
    )
    .option('--tag <tag>', 'only runs with this tag')
    .action(
      act(async (context, { loop, ...query }: ListOptions) => {
        const { output } = context
        return withSession(context.options, async ({ engine, tenant }) => {
          const page = await engine.find({
            tenant,
            ...query,
            ...(loop !== undefined && { loopId: loop }),
          })
          const rows = page.items.map(
            ({ aggregateId, loopId, currentState, status, updatedAt }) => [
              aggregateId,
              loopId,
              currentState,
              status,
              time(updatedAt),
            ],
          )
          const text = table(['ID', 'LOOP', 'STATE', 'STATUS', 'UPDATED'], rows)
          output.result(page, rows.length > 0 ? text : 'No runs.')
          noteMore(output, page)
        })
      }),
    )
}
