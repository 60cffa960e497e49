import { fieldsOf, listOf } from '../fields.ts'

/** The place of one attempt among the attempts of its call. */
export interface AttemptLink {
  /** The same for all attempts of one call. */
  readonly callId: string
  /** 1, 2, 3, … */
  readonly attempt: number
  /** The run of the previous attempt. */
  readonly previousRunId?: string
}

/** One attempt, which is told how it ended. */
export interface LinkedAttempt {
  readonly link: AttemptLink
  /** The attempt failed in this run, so the SDK may send the same prompt again. */
  failed(runId: string): void
  /** The call is answered. Nothing is retried after an answer, so the same objects sent later are another call. */
  answered(): void
}

/** Recognises the SDK's retries: a retry sends the very objects of the failed prompt again. */
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

/**
 * The objects of a prompt by which a retry is recognised: the list, its messages and their parts. A newer SDK around an
 * older model rebuilds the list for each attempt, but not the parts.
 */
function anchorsOf(params: unknown): readonly object[] {
  const { prompt } = fieldsOf(params)
  const messages = listOf(prompt)
  const parts = messages.flatMap((message) => listOf(fieldsOf(message)['content']))
  return [prompt, ...messages, ...parts].filter(
    (anchor): anchor is object => typeof anchor === 'object' && anchor !== null,
  )
}
