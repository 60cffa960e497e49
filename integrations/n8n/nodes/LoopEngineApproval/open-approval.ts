import type { Instance, TransitionResult } from '@loop-engine/client'
import { NodeOperationError, type IDataObject, type IExecuteFunctions } from 'n8n-workflow'

import type { CommandKeys } from '../../lib/command-key.ts'
import { objectParameter } from '../../lib/object-parameter.ts'
import { callServer, segment } from '../../lib/server-call.ts'
import { requiredText, textParameter } from '../../lib/text-parameter.ts'

/** Attempts the transition, and gives the server the resume URL of this execution to call back. */
export async function openApproval(
  context: IExecuteFunctions,
  keys: CommandKeys,
): Promise<TransitionResult> {
  const aggregateId = requiredText(context, 'aggregateId', 0)
  const loopId = textParameter(context, 'loopId', 0)
  const message = textParameter(context, 'message', 0)
  const body: IDataObject = {
    transition: requiredText(context, 'transition', 0),
    evidence: {
      ...objectParameter(context, 'evidence', 0),
      ...(message !== '' && { message }),
    },
    callbackUrl: context.getSignedResumeUrl(),
  }
  if (loopId !== '') await startUnlessOpen(context, loopId, aggregateId)
  return callServer<TransitionResult>(context, {
    method: 'POST',
    path: `/instances/${segment(aggregateId)}/transitions`,
    body,
    idempotencyKey: keys.keyOf(0, { aggregateId, ...body }),
    itemIndex: 0,
  })
}

/** Starts a run, unless the business key has an open run of the same loop. Throws for an open run of another loop. */
async function startUnlessOpen(
  context: IExecuteFunctions,
  loopId: string,
  aggregateId: string,
): Promise<void> {
  const started = await callServer<{ code?: string }>(context, {
    method: 'POST',
    path: '/instances',
    body: { loopId, aggregateId },
    accept: ['already_exists'],
    itemIndex: 0,
  })
  if (started.code !== 'already_exists') return
  const path = `/instances/${segment(aggregateId)}`
  const open = await callServer<Instance>(context, { method: 'GET', path, itemIndex: 0 })
  if (open.loopId === loopId) return
  throw new NodeOperationError(
    context.getNode(),
    'The business key has an open run of another loop.',
    {
      itemIndex: 0,
    },
  )
}
