import { fieldsOf, listOf } from '../fields.ts'

/** Where one attempt stands among those of the same call. */
export interface AttemptLink {
  /** The same for all attempts of one call. */
  readonly callId: string
  /** 1, 2, 3, … */
  readonly attempt: number
  /** The run of the attempt before. */
  readonly previousRunId?: string
}

/** Recognises the SDK's retries: it sends the very objects of the prompt again that failed before. */
export interface ModelAttempts {
  link(params: unknown, promptHash: string, newCallId: () => string): AttemptLink
  failed(params: unknown, promptHash: string, link: AttemptLink, runId: string): void
  /** Nothing is tried again after an answer: whoever sends the same objects then makes another call. */
  answered(params: unknown): void
}

interface Failed extends AttemptLink {
  readonly promptHash: string
  readonly runId: string
}

export function createModelAttempts(): ModelAttempts {
  const failures = new WeakMap<object, Failed>()

  return {
    link(params, promptHash, newCallId) {
      for (const anchor of anchorsOf(params)) {
        const before = failures.get(anchor)
        if (before?.promptHash !== promptHash) continue
        return {
          callId: before.callId,
          attempt: before.attempt + 1,
          previousRunId: before.runId,
        }
      }
      return { callId: newCallId(), attempt: 1 }
    },
    failed(params, promptHash, link, runId) {
      for (const anchor of anchorsOf(params)) failures.set(anchor, { ...link, promptHash, runId })
    },
    answered(params) {
      for (const anchor of anchorsOf(params)) failures.delete(anchor)
    },
  }
}

/** The list, its messages and their parts: a newer SDK around an older model rebuilds the list for each attempt, not the parts. */
function anchorsOf(params: unknown): readonly object[] {
  const { prompt } = fieldsOf(params)
  const messages = listOf(prompt)
  const parts = messages.flatMap((message) => listOf(fieldsOf(message)['content']))
  return [prompt, ...messages, ...parts].filter(
    (anchor): anchor is object => typeof anchor === 'object' && anchor !== null,
  )
}
