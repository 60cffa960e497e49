import type { IExecuteFunctions } from 'n8n-workflow'

/** Whether an agent called: n8n makes a node of its own for that. */
export function isTool(context: Pick<IExecuteFunctions, 'getNode'>): boolean {
  return context.getNode().type.endsWith('Tool')
}
