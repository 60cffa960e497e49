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

/** One attempt, and what becomes of it. */
export interface LinkedAttempt {
  readonly link: AttemptLink
  /** The SDK may send the same again. */
  failed(runId: string): void
  /** Nothing is tried again after an answer: whoever sends the same objects then makes another call. */
  answered(): void
}

/** Recognises the SDK's retries: it sends the very objects of the prompt again that failed before. */
export type LinkAttempt = (
  params: unknown,
  promptHash: string,
  newCallId: () => string,
) => LinkedAttempt

interface Failed extends AttemptLink {
  readonly promptHash: string
  readonly runId: string
}

export function createAttemptLinks(): LinkAttempt {
  const failures = new WeakMap<object, Failed>()

  return (params, promptHash, newCallId) => {
    const anchors = anchorsOf(params)
    const before = anchors
      .map((anchor) => failures.get(anchor))
      .find((failed) => failed?.promptHash === promptHash)
    const link: AttemptLink = before
      ? { callId: before.callId, attempt: before.attempt + 1, previousRunId: before.runId }
      : { callId: newCallId(), attempt: 1 }
    return {
      link,
      failed(runId) {
        for (const anchor of anchors) failures.set(anchor, { ...link, promptHash, runId })
      },
      answered() {
        for (const anchor of anchors) failures.delete(anchor)
      },
    }
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
