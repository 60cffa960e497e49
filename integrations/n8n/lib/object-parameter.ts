import { NodeOperationError, type IDataObject, type IExecuteFunctions } from 'n8n-workflow'

/**
 * A parameter that holds an object, from an expression or as JSON text; undefined if it is empty. Throws
 * NodeOperationError for anything else.
 */
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

/** Undefined for empty text, and null for text that is no JSON, which is then refused as no object. */
function parse(text: string): unknown {
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
