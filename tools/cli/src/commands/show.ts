import type { ApprovalRequest, LoopInstance } from '@loop-engine/sdk'

import type { AddCommand } from '../context.ts'
import { plain, time, type Output } from '../output.ts'
import { withSession, type Session } from '../session.ts'
import { findRun } from './find-run.ts'

export const addShow: AddCommand = (program, act) => {
  program
    .command('show')
    .description('show a run, what it waits for and what may happen next')
    .argument('<id>', 'business key or run id')
    .action(
      act(async (context, id: string) =>
        withSession(context.options, async (session) => {
          const run = await findRun(session, id)
          const { tenant, runId, aggregateId } = run
          const [approvals, current] = await Promise.all([
            waitingFor(session, run),
            session.engine.get({ tenant, aggregateId }),
          ])
          // Transitions are taken by the newest run of a business key only.
          const available =
            current?.runId === runId
              ? await session.engine.available({ tenant, aggregateId, actor: session.actor })
              : []
          const waiting = approvals.map(describeRequest)
          const may = available.map(({ transitionId, to, allowed, reasons }) =>
            plain(
              allowed
                ? `${transitionId} → ${to}`
                : `${transitionId} → ${to} (not you: ${reasons.join(', ')})`,
            ),
          )
          const text = [
            ...describeRun(run, context.output),
            ...section('waits for', waiting),
            ...section('next', may),
          ]
          context.output.result({ run, approvals, available }, text.join('\n'))
        }),
      ),
    )
}

/** All of them: an agent may ask as often as it likes. */
async function waitingFor(
  { approvals }: Session,
  { tenant, runId }: LoopInstance,
): Promise<readonly ApprovalRequest[]> {
  const query = { tenant, runId, status: 'pending' } as const
  let page = await approvals.find(query)
  const all = [...page.items]
  while (page.cursor !== undefined) {
    page = await approvals.find({ ...query, cursor: page.cursor })
    all.push(...page.items)
  }
  return all
}

function describeRun(run: LoopInstance, { paint }: Output): string[] {
  const { aggregateId, loopId, definition, currentState, status, version, runId, head } = run
  return [
    `${paint('bold', plain(aggregateId))} is ${paint('cyan', plain(currentState))} (${plain(status)})`,
    plain(
      `  loop      ${loopId} ${definition.version}, definition ${definition.digest.slice(0, 12)}`,
    ),
    plain(`  run       ${runId}`),
    plain(`  record    ${version} entries, head ${head.slice(0, 12)}`),
    `  started   ${time(run.createdAt)}, last changed ${time(run.updatedAt)}`,
    ...(Object.keys(run.metadata).length > 0
      ? [`  metadata  ${plain(JSON.stringify(run.metadata))}`]
      : []),
  ]
}

function describeRequest({ id, transitionId, requester, expiresAt }: ApprovalRequest): string {
  return plain(`${transitionId}, asked by ${requester.id}, until ${time(expiresAt)}: ${id}`)
}

function section(name: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `  ${(index === 0 ? name : '').padEnd(9)} ${line}`)
}
