import { LoopError } from '@loop-engine/sdk'
import { Option } from 'commander'

import type { AddCommand } from '../context.ts'
import { table, time } from '../output.ts'
import { noteMore, withPages, type PageOptions } from '../pages.ts'
import { withSession } from '../session.ts'

interface DeadLettersOptions extends PageOptions {
  readonly retry?: string
}

export const addDeadLetters: AddCommand = (program, act) => {
  withPages(program.command('dead-letters'), 1000)
    .description('list deliveries that failed for good, or queue one of them again')
    .addOption(
      new Option('--retry <id>', 'queue the delivery with this id again').conflicts([
        'limit',
        'cursor',
      ]),
    )
    .action(
      act(async ({ options, output }, { retry, ...query }: DeadLettersOptions) =>
        withSession(options, async ({ relay, tenant }) => {
          if (retry !== undefined) {
            if (!(await relay.retry({ id: retry, tenant }))) {
              throw new LoopError('not_found', 'No dead letter has this id.', {
                hint: '`loop dead-letters` lists them.',
              })
            }
            output.result(
              { retried: retry },
              'The delivery is queued again. The next relay that runs delivers it.',
            )
            return
          }
          const page = await relay.deadLetters({ tenant, ...query })
          const rows = page.items.map(({ id, kind, name, attempt, diedAt, error }) => [
            id,
            kind,
            name,
            `${attempt}`,
            time(diedAt),
            error,
          ])
          const text = table(['ID', 'KIND', 'FOR', 'ATTEMPTS', 'GIVEN UP', 'BECAUSE'], rows)
          output.result(page, rows.length > 0 ? text : 'No dead letters.')
          noteMore(output, page)
        }),
      ),
    )
}
