import { isRecord } from '@loop-engine/core'

import type { ToolLike } from './govern-options.ts'

/**
 * A tool through which code calls other tools has a hidden definition, from which the SDK binds a new tool. This puts
 * that new tool under governance too.
 */
export function keepCaller(
  tool: ToolLike,
  wrapped: ToolLike,
  govern: (bound: ToolLike) => ToolLike,
): ToolLike {
  const caller: unknown = Reflect.get(tool, 'experimental_toolCaller')
  if (!isRecord(caller)) return wrapped
  const bind = caller['bind'] as ((tools: unknown) => ToolLike) | undefined
  const value = { ...caller, ...(bind && { bind: (tools: unknown) => govern(bind(tools)) }) }
  return Object.defineProperty(wrapped, 'experimental_toolCaller', { value })
}
