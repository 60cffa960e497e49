import { fieldsOf } from '../fields.ts'
import type { ToolLike } from './govern-options.ts'

/** The methods that the SDK calls on a tool. A tool may be an instance of a class. */
const called = [
  'description',
  'execute',
  'needsApproval',
  'onInputStart',
  'onInputDelta',
  'onInputAvailable',
  'toModelOutput',
]

/** A plain object with the tool's properties, and with its methods bound to the tool. */
export function boundTool(tool: ToolLike): ToolLike {
  const bound = called.flatMap((name) => {
    const member = fieldsOf(tool)[name]
    if (typeof member !== 'function') return []
    return [[name, { value: member.bind(tool), enumerable: true, configurable: true }] as const]
  })
  // A tool may have other properties, such as a hidden `experimental_toolCaller`.
  const own = Object.getOwnPropertyDescriptors(tool)
  return Object.defineProperties({}, { ...own, ...Object.fromEntries(bound) })
}
