import { sha256Hex } from '@loop-engine/core'
import QuickLRU from 'quick-lru'

import { noteOf, type CallOutcome } from '../calls/call-outcome.ts'
import { recordable } from '../calls/run-licensed.ts'
import { prefixed, type ModelOutput, type ToolResult } from './tool-output.ts'

/**
 * Reviewers' edits, so that a result which the SDK hands to the model by itself can say so. Another conversation may have
 * the same call id: a note belongs to this result of this input.
 */
export interface EditNotes {
  keep(outcome: CallOutcome, result: ToolResult): void
  /** What the model reads of a result, after its note if it has one. */
  noted(result: ToolResult, output: ModelOutput): ModelOutput
}

export function createEditNotes(): EditNotes {
  const notes = new QuickLRU<string, string>({ maxSize: 1000 })
  return {
    keep(outcome, result) {
      const note = noteOf(outcome)
      if (note !== undefined) notes.set(keyOf(result), note)
    },
    noted: (result, output) => prefixed(notes.get(keyOf(result)), output),
  }
}

function keyOf({ toolCallId, input, output }: ToolResult): string {
  return sha256Hex(JSON.stringify([toolCallId, input, recordable(output)]))
}
