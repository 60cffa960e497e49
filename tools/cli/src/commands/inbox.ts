import type { ApprovalRequest } from '@loop-engine/sdk'

import type { AddCommand } from '../context.ts'
import { plain, time, type Output } from '../output.ts'
import { quoted } from '../quoted.ts'
import { defaultDb, defaultTenant, withSession, type GlobalOptions } from '../session.ts'

export const addInbox: AddCommand = (program, act) => {
  program
    .command('inbox')
    .description('list what waits for your approval; --as and --role say who you are')
    .action(
      act(async ({ options, output }) =>
        withSession(options, async ({ approvals, actor, tenant }) => {
          const requests = await approvals.inbox({ actor, tenant })
          const text = requests.map((request) => describe(request, output, options)).join('\n')
          output.result(requests, text || 'Nothing waits for you.')
          const { items, cursor } = await approvals.find({
            tenant,
            status: 'pending',
            limit: 1000,
          })
          const mine = new Set(requests.map(({ id }) => id))
          // One that is over waits for nobody, though no relay has closed it yet.
          const others = items.filter(
            ({ id, expiresAt }) => !mine.has(id) && expiresAt > Date.now(),
          ).length
          if (others > 0)
            output.note(
              `${others}${cursor === undefined ? '' : ' or'} more wait for others; --role ROLE adds a role of yours.`,
            )
        }),
      ),
    )
}

function describe(
  { id, view, requester }: ApprovalRequest,
  { paint }: Output,
  options: GlobalOptions,
): string {
  const { transition, effect } = view
  return [
    `${paint('bold', plain(view.title))}  ${plain(`${transition.from} → ${transition.to}`)}`,
    `  asked by ${plain(requester.id)}, until ${time(view.expiresAt)}`,
    ...(effect ? [plain(`  will run ${effect.integration}.${effect.action}`)] : []),
    ...view.warnings.map((warning) => plain(`  warning: ${warning}`)),
    `  ${['loop approve', ...[id, ...sameInbox(options)].map(quoted)].join(' ')}`,
  ].join('\n')
}

/** Where this inbox is and as whom it is read, so that the line can be run as it stands. */
function sameInbox({ db, postgres, tenant, as, role }: GlobalOptions): string[] {
  // A URL holds a password, which nobody wants to see here.
  const isKnown = postgres === undefined || postgres === process.env['DATABASE_URL']
  return [
    ...(postgres === undefined && db !== defaultDb ? ['--db', db] : []),
    ...(isKnown ? [] : ['--postgres', 'URL']),
    ...(tenant === defaultTenant ? [] : ['--tenant', tenant]),
    ...(as === undefined ? [] : ['--as', as]),
    ...role.flatMap((each) => ['--role', each]),
  ]
}
