import { fieldsOf } from '../fields.ts'
import type { ToolLike } from './govern-options.ts'

/** What the SDK calls on a tool, which may be an object of a class. */
const called = [
  'description',
  'execute',
  'needsApproval',
  'onInputStart',
  'onInputDelta',
  'onInputAvailable',
  'toModelOutput',
]

/** The tool with what it can do as members of its own, each of which knows its tool whoever calls it. */
export function boundTool(tool: ToolLike): ToolLike {
  const bound = called.flatMap((name) => {
    const member = fieldsOf(tool)[name]
    if (typeof member !== 'function') return []
    return [[name, { value: member.bind(tool), enumerable: true, configurable: true }] as const]
  })
  // A tool may also hold what is not listed, such as whose calls it makes.
  const own = Object.getOwnPropertyDescriptors(tool)
  return Object.defineProperties({}, { ...own, ...Object.fromEntries(bound) })
}
