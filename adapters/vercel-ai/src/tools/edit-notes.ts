import { sha256Hex } from '@loop-engine/core'
import QuickLRU from 'quick-lru'

import { noteOf, type CallOutcome } from '../calls/call-outcome.ts'
import { recordable } from '../calls/run-licensed.ts'
import { prefixed, type ModelOutput, type ToolResult } from './tool-output.ts'

/**
 * Remembers reviewers' edits, so that the model is told of an edit when the SDK itself hands it the result. Another
 * conversation may have the same call id, so a note is kept by call id, input and output.
 */
export interface EditNotes {
  keep(outcome: CallOutcome, result: ToolResult): void
  /** The output for the model, with the note before it if the result has one. */
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
