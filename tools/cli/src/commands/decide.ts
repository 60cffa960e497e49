import { confirm, isCancel, updateSettings } from '@clack/prompts'
import {
  isLoopError,
  LoopError,
  type ApprovalQuery,
  type ApprovalRequest,
  type DecisionResult,
} from '@loop-engine/sdk'
import { Option } from 'commander'

import type { AddCommand, Context } from '../context.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { plain } from '../output.ts'
import { withSession, type Session } from '../session.ts'
import { hintOf } from './refusal-hint.ts'

type Decision = 'approve' | 'reject'
interface DecideOptions {
  readonly reason?: string
  readonly yes: boolean
}

export const addApprove = decisionCommand(
  'approve',
  'approve a request; on a terminal you see it first and are asked to confirm',
)
export const addReject = decisionCommand(
  'reject',
  'reject a request; on a terminal you see it first and are asked to confirm',
)

function decisionCommand(decision: Decision, description: string): AddCommand {
  return (program, act) => {
    program
      .command(decision)
      .description(description)
      .argument(
        '<id>',
        'id of the request, or business key or run id of a run with one pending request',
      )
      .addOption(
        new Option('--reason <text>', 'why; kept in the record').makeOptionMandatory(
          decision === 'reject',
        ),
      )
      .option('-y, --yes', 'do not ask for confirmation', false)
      .action(
        act((context, id: string, options: DecideOptions) =>
          decide(context, decision, id, options),
        ),
      )
  }
}

async function decide(
  { options, output }: Context,
  decision: Decision,
  id: string,
  { reason, yes }: DecideOptions,
): Promise<ExitCode> {
  const work = async (session: Session): Promise<ExitCode> => {
    const request = await findRequest(session, id)
    const waits = request.status === 'pending'
    const asks = waits && !yes && !output.json && process.stdin.isTTY && process.stdout.isTTY
    if (asks && !(await confirmed(request, decision))) {
      output.note('Nothing was decided.')
      return exitCodes.declined
    }
    // The decision names what was just read: if the request has changed since, the engine refuses the decision.
    const result = await session.approvals.decide({
      requestId: request.id,
      tenant: session.tenant,
      revision: request.revision,
      viewHash: request.viewHash,
      actor: session.actor,
      decision,
      ...(reason !== undefined && { reason }),
    })
    const hint = result.status === 'refused' ? hintOf(result) : undefined
    const text = describeResult(result, decision)
    output.result(
      { ...result, ...(hint && { hint }) },
      hint === undefined ? text : `${text}\n  ${output.paint('cyan', 'hint')} ${plain(hint)}`,
    )
    return result.status === 'refused' || result.status === 'blocked'
      ? exitCodes.refused
      : exitCodes.ok
  }
  return withSession(options, work, (error) => output.note(warningOf(error)))
}

async function findRequest({ approvals, tenant }: Session, id: string): Promise<ApprovalRequest> {
  const request = await approvals.get({ id, tenant })
  if (request) return request
  const found = async (
    query: Pick<ApprovalQuery, 'status' | 'limit'>,
  ): Promise<readonly ApprovalRequest[]> => {
    const { items } = await approvals.find({ tenant, aggregateId: id, ...query })
    return items.length > 0 ? items : (await approvals.find({ tenant, runId: id, ...query })).items
  }
  const pending = await found({ status: 'pending', limit: 2 })
  // If none is pending, the newest is taken: the refusal then says what became of it.
  const [only, another] = pending.length > 0 ? pending : await found({ limit: 1 })
  if (only && !another) return only
  if (!only) {
    throw new LoopError('not_found', 'No request has this id.', {
      hint: '`loop inbox` lists the requests that wait.',
    })
  }
  throw new LoopError('conflict', 'The run has several pending requests.', {
    hint: `Name one of them; \`loop show ${only.runId}\` lists them.`,
  })
}

/** An error that does not fail the command. Example: nothing follows from a rejection, because the row was tampered with. */
function warningOf(error: unknown): string {
  const text = isLoopError(error)
    ? `${error.message} (${error.code})`
    : 'an unexpected error occurred'
  return `warning: ${plain(text)}`
}

/** Shows all that a reviewer sees on any channel, with what will run right above the question, and asks for a yes. */
async function confirmed(request: ApprovalRequest, decision: Decision): Promise<boolean> {
  // Imported here because it loads the decision page, which no other command needs.
  const { renderViewText } = await import('@loop-engine/core/decision-page')
  const text = renderViewText(request, request.view, { maxValueLength: Infinity })
  process.stdout.write(`${text}\n\n`)
  // Ctrl-D would close the input, and the prompt would never answer. As an alias it cancels.
  updateSettings({ aliases: { '\u0004': 'cancel' } })
  const answer = await confirm({
    message: `${decision === 'approve' ? 'Approve' : 'Reject'} it?`,
    initialValue: false,
  })
  return !isCancel(answer) && answer
}

function describeResult(result: DecisionResult, decision: Decision): string {
  const { aggregateId, transitionId } = result.request
  const what = plain(`${transitionId} on ${aggregateId}`)
  switch (result.status) {
    case 'executed':
      return `Approved: ${what}; the run is ${plain(result.transition.instance.currentState)}.`
    case 'rejected':
      return `Rejected: ${what}.`
    case 'recorded':
      return `Recorded: ${what}; more people have to approve.`
    case 'blocked':
      return `Approved, but a guard no longer passes, so ${what} did not happen. \`loop timeline\` names the guard.`
    case 'refused':
      return `Refused to ${decision} ${what}: ${result.reason}.`
  }
}
