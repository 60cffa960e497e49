import { NodeOperationError, type IExecuteFunctions, type IWebhookFunctions } from 'n8n-workflow'

type Context = Pick<IExecuteFunctions | IWebhookFunctions, 'customData' | 'getNode'>

/** Kept in the execution, where it outlives the process, and where people find it by the id of the request. */
const keyOf = (context: Context): string => `loop_${context.getNode().id.replaceAll('-', '_')}`

/** Notes which request this node of this execution waits for; throws when n8n keeps no more notes. */
export function waitFor(context: Context, approvalId: string): void {
  context.customData.set(keyOf(context), approvalId)
  if (context.customData.get(keyOf(context)) === approvalId) return
  throw new NodeOperationError(context.getNode(), 'The execution has no room for a note.', {
    description: 'n8n keeps ten of them (execution data) with an execution: set fewer.',
  })
}

/** The id of that request; empty when there is none. */
export function waitingFor(context: Context): string {
  const noted: unknown = context.customData.get(keyOf(context))
  return typeof noted === 'string' ? noted : ''
}
