import { canonicalize, type LoopInstance } from '@loop-engine/core'

import type { ToolCall } from './call-ledger.ts'
import type { CallLoop } from './call-loop.ts'
import { inputOf, type CallRecord } from './call-record.ts'
import type { TakenInput } from './take-input.ts'

/** Whether an instance belongs to exactly this run, tool and call id. */
export function isThisCall(
  { loopId, metadata }: LoopInstance,
  call: ToolCall,
  loop: CallLoop,
): boolean {
  return (
    loopId === loop.definition.id &&
    metadata['tool'] === call.tool &&
    metadata['callId'] === call.callId &&
    metadata['run'] === call.run
  )
}

/** Whether an input is the one that was asked for, or a reviewer's edit of it. */
export function isOnRecord({ text }: TakenInput, { asked, licence }: CallRecord): boolean {
  if (text === asked) return true
  return licence?.evidence ? canonicalize(inputOf(licence.evidence)) === text : false
}
