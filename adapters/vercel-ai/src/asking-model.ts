import type { Actor } from '@loop-engine/core'
import type { LoopEngine } from '@loop-engine/sdk'
import QuickLRU from 'quick-lru'

import type { AskedToolCall } from './model-output.ts'

/** What is known of the model behind a tool call. */
type Attribution = Pick<Actor, 'provider' | 'modelId' | 'servedModel' | 'promptHash' | 'responseId'>

export interface AskingModels {
  note(call: AskedToolCall, attribution: Attribution): void
  of(call: AskedToolCall): Attribution | undefined
}

const newest = 10_000
/** A note lives no longer than the engine that it is about. */
const byEngine = new WeakMap<LoopEngine, QuickLRU<string, Attribution>>()

/**
 * Which governed model of this process asked for a tool call, so that the call is attributed to it. A help for the
 * record and no control: it is not asked whether a call may run.
 */
export function askingModels(engine: LoopEngine, tenant = 'default'): AskingModels {
  const known = byEngine.get(engine) ?? new QuickLRU<string, Attribution>({ maxSize: newest })
  byEngine.set(engine, known)
  const keyOf = ({ toolCallId, toolName }: AskedToolCall): string =>
    JSON.stringify([tenant, toolName, toolCallId])
  return {
    note: (call, attribution) => void known.set(keyOf(call), attribution),
    of: (call) => known.get(keyOf(call)),
  }
}
