import { instanceStatuses, type InstanceStatus } from '@loop-engine/sdk'
import { InvalidArgumentError, Option } from 'commander'

import type { AddCommand } from '../context.ts'
import { table, time } from '../output.ts'
import { withSession } from '../session.ts'

interface ListOptions {
  readonly loop?: string
  readonly state?: string
  readonly status?: InstanceStatus
  readonly tag?: string
  readonly limit: number
  readonly cursor?: string
}

export const addList: AddCommand = (program, act) => {
  program
    .command('list')
    .description('list runs')
    .option('--loop <id>', 'of this loop')
    .option('--state <id>', 'in this state')
    .addOption(new Option('--status <status>', 'with this status').choices([...instanceStatuses]))
    .option('--tag <tag>', 'with this tag')
    .option('--limit <count>', 'at most so many', countOf, 100)
    .option('--cursor <cursor>', 'go on where a page ended')
    .action(
      act(async (context, { loop, ...query }: ListOptions) => {
        const { output } = context
        return withSession(context.options, async ({ engine, tenant }) => {
          const page = await engine.find({ tenant, ...query, ...(loop && { loopId: loop }) })
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
          if (page.cursor) output.note(`There is more: --cursor ${page.cursor}`)
        })
      }),
    )
}

function countOf(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= 1000) return count
  throw new InvalidArgumentError('It must be a number from 1 to 1000.')
}
