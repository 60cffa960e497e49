import type { ApprovalRequest } from '@loop-engine/client'
import type { IAllExecuteFunctions, IWebhookFunctions } from 'n8n-workflow'

import { outcomeOf, type Outcome } from '../../lib/outcome.ts'
import { callServer, segment } from '../../lib/server-call.ts'
import { readSignedEvent } from '../../lib/signed-event.ts'
import { waitingFor } from './waiting-for.ts'

/** The result of a call: the outcome, or why the execution goes on waiting. */
export type Heard =
  | { readonly outcome: Outcome }
  | { readonly status: 200 | 401 | 409 | 503; readonly reason: string }

/**
 * Judges a call of the resume URL. The call itself decides nothing: whatever it claims, the outcome of the request that
 * this execution waits for is read from the server.
 */
export async function hearCallback(context: IWebhookFunctions): Promise<Heard> {
  const { verified, event } = await readSignedEvent(context)
  if (!verified.ok) return { status: 401, reason: verified.reason }
  const told = (event?.['data'] as { requestId?: unknown } | null | undefined)?.requestId
  const approvalId = waitingFor(context)
  // A late repetition about an earlier request of the node. It is accepted, so that it stops, but has no effect.
  if (approvalId === '' || told !== approvalId) return { status: 200, reason: 'not_waited_for' }
  const found = await read(context, approvalId)
  if (!found || found.id !== approvalId) return { status: 503, reason: 'server_not_reached' }
  const outcome = outcomeOf(found)
  return outcome ? { outcome } : { status: 409, reason: 'still_pending' }
}

/** Null if the server could not be asked: the execution then waits on, and the server calls again. */
async function read(
  context: IWebhookFunctions,
  approvalId: string,
): Promise<ApprovalRequest | null> {
  try {
    return await callServer<ApprovalRequest>(context as unknown as IAllExecuteFunctions, {
      method: 'GET',
      path: `/approvals/${segment(approvalId)}`,
    })
  } catch {
    return null
  }
}
