import type { ToolLike } from './govern-options.ts'

/** Like `asksFirst`, but without an input, which only the ledger has, a `needsApproval` function counts as asking. */
export async function mayAskFirst(
  tool: ToolLike,
  input: unknown,
  given: unknown,
): Promise<boolean> {
  if (input === undefined && typeof tool.needsApproval === 'function') return true
  return asksFirst(tool, input, given)
}

/** Whether the tool's own `needsApproval` asks for approval of this call. */
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
