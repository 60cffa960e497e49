import { NodeOperationError, type IDataObject, type IExecuteFunctions } from 'n8n-workflow'

/** A parameter that holds an object: as an expression gives it, or as JSON text. Empty is undefined. */
export function objectParameter(
  context: IExecuteFunctions,
  name: string,
  itemIndex: number,
): IDataObject | undefined {
  const value: unknown = context.getNodeParameter(name, itemIndex, '')
  const read = typeof value === 'string' ? parse(value) : value
  if (read === undefined) return undefined
  if (typeof read === 'object' && read !== null && !Array.isArray(read)) return read as IDataObject
  throw new NodeOperationError(context.getNode(), `The parameter ${name} must be a JSON object.`, {
    itemIndex,
  })
}

/** Null for what is no JSON: no object either. */
function parse(text: string): unknown {
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
