import type { ToolLike } from './govern-options.ts'

/** Whether the tool itself asks before it runs; of a call that the ledger alone knows, whether it may. */
export async function mayAskFirst(
  tool: ToolLike,
  input: unknown,
  given: unknown,
): Promise<boolean> {
  if (input === undefined && typeof tool.needsApproval === 'function') return true
  return asksFirst(tool, input, given)
}

export async function asksFirst(
  { needsApproval }: ToolLike,
  input: unknown,
  given: unknown,
): Promise<boolean> {
  if (typeof needsApproval !== 'function') return needsApproval === true
  return (
    (await (needsApproval as (input: unknown, given: unknown) => unknown)(input, given)) === true
  )
}
