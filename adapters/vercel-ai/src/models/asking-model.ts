import { isDeepStrictEqual } from 'node:util'

import { sha256Hex, type Actor } from '@loop-engine/core'
import type { LoopEngine } from '@loop-engine/sdk'
import QuickLRU from 'quick-lru'

import type { AskedToolCall } from './model-output.ts'

/** What is known of the model behind a tool call. */
type Attribution = Pick<Actor, 'provider' | 'modelId' | 'servedModel' | 'promptHash' | 'responseId'>

export interface AskingModels {
  note(call: AskedToolCall, attribution: Attribution): void
  of(call: AskedToolCall): Attribution | undefined
}

interface Note {
  /** Undefined if two models may have asked. */
  readonly by: Attribution | undefined
  readonly isRead: boolean
}

const maxNotes = 10_000
/** Weak, so that notes live no longer than their engine. */
const byEngine = new WeakMap<LoopEngine, QuickLRU<string, Note>>()

/**
 * Knows which governed model of this process asked for a tool call, so that the call is attributed to it. This only
 * helps the record: whether a call may run does not depend on it.
 */
export function askingModels(engine: LoopEngine, tenant = 'default'): AskingModels {
  const known = byEngine.get(engine) ?? new QuickLRU<string, Note>({ maxSize: maxNotes })
  byEngine.set(engine, known)
  const keyOf = ({ toolCallId, toolName }: AskedToolCall): string =>
    sha256Hex(JSON.stringify([tenant, toolName, toolCallId]))
  return {
    note(call, attribution) {
      const before = known.get(keyOf(call))
      // Where vendors number their calls, two conversations may have calls of one id under way. Better no model on
      // record than the wrong one.
      const isClear = !before || before.isRead || isDeepStrictEqual(before.by, attribution)
      known.set(keyOf(call), { by: isClear ? attribution : undefined, isRead: false })
    },
    of(call) {
      const note = known.get(keyOf(call))
      if (note) known.set(keyOf(call), { ...note, isRead: true })
      return note?.by
    },
  }
}
