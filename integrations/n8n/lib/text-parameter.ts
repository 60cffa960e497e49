import { NodeOperationError, type IExecuteFunctions } from 'n8n-workflow'

/** A parameter as text. A value of an expression that is neither text nor a number counts as empty. */
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
