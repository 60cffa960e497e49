import { NodeOperationError, type IExecuteFunctions, type IWebhookFunctions } from 'n8n-workflow'

type Context = Pick<IExecuteFunctions | IWebhookFunctions, 'customData' | 'getNode'>

/** The key of a note in the execution data, which outlives the process and is searchable by the id of the request. */
const keyOf = (context: Context): string => `loop_${context.getNode().id.replaceAll('-', '_')}`

/** Notes which request this node waits for. Throws NodeOperationError if n8n keeps no more notes for the execution. */
export function waitFor(context: Context, approvalId: string): void {
  context.customData.set(keyOf(context), approvalId)
  if (context.customData.get(keyOf(context)) === approvalId) return
  throw new NodeOperationError(
    context.getNode(),
    'The execution data has no room for another note.',
    {
      description: 'n8n keeps ten values of custom execution data: set fewer in this workflow.',
    },
  )
}

/** The id of the request that this node waits for; empty if there is none. */
export function waitingFor(context: Context): string {
  const noted: unknown = context.customData.get(keyOf(context))
  return typeof noted === 'string' ? noted : ''
}
