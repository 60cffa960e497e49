import { fieldsOf } from '../fields.ts'
import { partsOf } from './call-context.ts'

/** A part of a model message. */
export type Part = Record<string, unknown>

/**
 * The call that each result of a conversation answers. If several calls share the result's id, calls of the result's
 * tool come before others, then calls of its step, and calls without a result before answered ones.
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
      const inStep = withIdOf(result, step)
      const anywhere = withIdOf(result, calls)
      const candidates = [
        ofItsTool(result, inStep),
        ofItsTool(result, anywhere),
        inStep,
        anywhere,
      ].find(({ length }) => length > 0)
      const call = candidates?.find((each) => !answered.has(each)) ?? candidates?.[0]
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
