import { cutApprovals } from '@loop-engine/core'
import type { ApprovalRequest, Page } from '@loop-engine/sdk'

import type { AddCommand } from '../context.ts'
import { plain, time, type Output } from '../output.ts'
import { noteMore, withPages, type PageOptions } from '../pages.ts'
import { quoted } from '../quoted.ts'
import { defaultDb, defaultTenant, withSession, type GlobalOptions } from '../session.ts'

export const addInbox: AddCommand = (program, act) => {
  withPages(program.command('inbox'), 100)
    .description(
      'list the requests that wait for your approval, oldest first; --as, --role and --group say who you are',
    )
    .action(
      act(async ({ options, output }, { limit, cursor }: PageOptions) =>
        withSession(options, async ({ approvals, actor, tenant }) => {
          const from = cursor === undefined ? {} : { cursor }
          const found = await approvals.inbox({ actor, tenant, limit: limit + 1, ...from })
          const page = cutApprovals(found, limit)
          const text = page.items.map((request) => describe(request, output, options)).join('\n')
          output.result(page, text || 'Nothing waits for you.')
          noteMore(output, page)
          const isAll = cursor === undefined && page.cursor === undefined
          if (isAll) noteOthers(output, page.items, await approvals.find({ tenant, ...waiting }))
        }),
      ),
    )
}

const waiting = { status: 'pending', limit: 1000 } as const

/** Says how many of the newest pending requests wait for other people. */
function noteOthers(
  { note }: Output,
  inbox: readonly ApprovalRequest[],
  { items, cursor }: Page<ApprovalRequest>,
): void {
  const mine = new Set(inbox.map(({ id }) => id))
  // A request that has expired waits for nobody, even if no relay has closed it yet.
  const others = items.filter(({ id, expiresAt }) => !mine.has(id) && expiresAt > Date.now()).length
  if (others === 0) return
  const count = `${others}${cursor === undefined ? '' : ' or'}`
  const wait = count === '1' ? 'waits' : 'wait'
  note(`${count} more ${wait} for others; name your own roles and groups with --role and --group.`)
}

function describe(
  { id, view, requester }: ApprovalRequest,
  { paint }: Output,
  options: GlobalOptions,
): string {
  const { transition, effect } = view
  const risk = transition.risk ? `, ${transition.risk} risk` : ''
  return [
    `${paint('bold', plain(view.title))}  ${plain(`${transition.from} → ${transition.to}${risk}`)}`,
    `  asked by ${plain(requester.id)}, until ${time(view.expiresAt)}`,
    ...(effect ? [plain(`  will run ${effect.integration}.${effect.action}`)] : []),
    ...view.warnings.map((warning) => plain(`  warning: ${warning}`)),
    `  ${['loop approve', ...[id, ...sameInbox(options)].map(quoted)].join(' ')}`,
  ].join('\n')
}

/** The options with which this inbox was read, so that the printed command can be run as it stands. */
function sameInbox({ db, postgres, tenant, as, role, group }: GlobalOptions): string[] {
  // A URL may hold a password, so it is not printed.
  const isFromEnvironment = postgres === undefined || postgres === process.env['DATABASE_URL']
  return [
    ...(postgres === undefined && db !== defaultDb ? ['--db', db] : []),
    ...(isFromEnvironment ? [] : ['--postgres', 'URL']),
    ...(tenant === defaultTenant ? [] : ['--tenant', tenant]),
    ...(as === undefined ? [] : ['--as', as]),
    ...role.flatMap((each) => ['--role', each]),
    ...group.flatMap((each) => ['--group', each]),
  ]
}
