import { fieldsOf } from '../fields.ts'
import { partsOf } from './call-context.ts'

/** A part of a model message. */
export type Part = Record<string, unknown>

/**
 * The call that each result of a conversation answers. Where an id is that of several calls: of its tool, of its step, and
 * one after the other.
 */
export function answersOf(messages: readonly unknown[]): ReadonlyMap<Part, Part> {
  const calls = messages.flatMap(partsOf).filter(isCall)
  const answers = new Map<Part, Part>()
  const answered = new Set<Part>()
  let step: readonly Part[] = []
  for (const message of messages) {
    const parts = partsOf(message)
    if (fieldsOf(message)['role'] === 'assistant') step = parts.filter(isCall)
    for (const result of parts.filter(isResult)) {
      const near = withIdOf(result, step)
      const same = withIdOf(result, calls)
      const those = [ofItsTool(result, near), ofItsTool(result, same), near, same].find(
        ({ length }) => length > 0,
      )
      const call = those?.find((each) => !answered.has(each)) ?? those?.[0]
      if (!call) continue
      answers.set(result, call)
      answered.add(call)
    }
  }
  return answers
}

function withIdOf({ toolCallId }: Part, calls: readonly Part[]): readonly Part[] {
  return calls.filter((call) => call['toolCallId'] === toolCallId)
}

function ofItsTool({ toolName }: Part, calls: readonly Part[]): readonly Part[] {
  return calls.filter((call) => call['toolName'] === toolName)
}

export function isCall({ type }: Part): boolean {
  return type === 'tool-call'
}

function isResult({ type }: Part): boolean {
  return type === 'tool-result'
}
