import type { IExecuteFunctions } from 'n8n-workflow'

/** Whether an agent called the node: n8n makes a separate node type, whose name ends with `Tool`, for that. */
export function isTool(context: Pick<IExecuteFunctions, 'getNode'>): boolean {
  return context.getNode().type.endsWith('Tool')
}
