import { NodeOperationError, type IExecuteFunctions } from 'n8n-workflow'

/** A parameter as text; what is no text, as an expression may give it, is empty. */
export function textParameter(context: IExecuteFunctions, name: string, itemIndex: number): string {
  const value: unknown = context.getNodeParameter(name, itemIndex, '')
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? value : ''
}

/** A parameter that must not be empty. Throws NodeOperationError. */
export function requiredText(context: IExecuteFunctions, name: string, itemIndex: number): string {
  const value = textParameter(context, name, itemIndex)
  if (value !== '') return value
  throw new NodeOperationError(context.getNode(), `The parameter ${name} is empty.`, { itemIndex })
}
