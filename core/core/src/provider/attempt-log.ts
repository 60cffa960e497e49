import type { Clock } from '../contracts/clock.ts'
import type { ModelAttempt, ModelProgress } from '../contracts/provider.ts'
import { isLoopError, type LoopError } from '../errors.ts'
import { parseJson } from '../json/parse-json.ts'
import { withoutVainRetry } from './faults/vain-retry.ts'
import { promptHash } from './prompt-hash.ts'

export interface AttemptLog {
  readonly attempts: readonly ModelAttempt[]
  /** Why a request could not be hashed and was not sent. The vendors' SDKs report it as a broken connection. */
  readonly unsent: LoopError | undefined
  /** Wraps the fetch that is handed to a vendor's SDK: each request that leaves becomes an attempt. */
  fetch(inner?: typeof globalThis.fetch): typeof globalThis.fetch
  /** For an SDK without such a hook: records one attempt around `send`. */
  record<Answer>(body: object, send: () => Promise<Answer>): Promise<Answer>
}

interface AttemptLogOptions {
  readonly clock: Pick<Clock, 'now'>
  /** Merged under the body before it is hashed, for vendors that name the model in the address. */
  readonly model: string
  readonly onProgress?: ((progress: ModelProgress) => void) | undefined
  /** When the call ends at the latest, in the time of `clock`. */
  readonly endsAt?: number | undefined
}

const requestIdHeaders = ['request-id', 'x-request-id', 'x-goog-request-id']

/** Records every request to a vendor as an attempt. Bodies are hashed, never kept. */
export function createAttemptLog({
  clock,
  model,
  onProgress,
  endsAt = Infinity,
}: AttemptLogOptions): AttemptLog {
  const attempts: ModelAttempt[] = []
  let unsent: LoopError | undefined

  function hashOf(body: object): string {
    try {
      return promptHash({ model, ...body })
    } catch (error) {
      if (isLoopError(error)) unsent = error
      throw error
    }
  }

  async function record<Answer>(
    body: object,
    send: () => Promise<Answer>,
    read: (answer: Answer) => Pick<ModelAttempt, 'status' | 'requestId'> = () => unseen,
  ): Promise<Answer> {
    const startedAt = clock.now()
    const hash = hashOf(body)
    onProgress?.({ type: 'attempt', attempt: attempts.length + 1 })
    const index = attempts.length
    const note = (seen: Pick<ModelAttempt, 'status' | 'requestId'>): void => {
      // A clock may be set back in between.
      const latencyMs = Math.max(clock.now() - startedAt, 0)
      attempts[index] = { startedAt, latencyMs, ...seen, promptHash: hash }
    }
    // Noted before it is sent, because an attempt without an answer is an attempt too.
    note(unseen)
    try {
      const answer = await send()
      note(read(answer))
      return answer
    } catch (error) {
      note(unseen)
      throw error
    }
  }

  return {
    attempts,
    get unsent() {
      return unsent
    },
    // As the SDK will send it: without undefined members.
    record: (body, send) => record(parseJson(JSON.stringify(body)) as object, send),
    fetch:
      (inner = globalThis.fetch) =>
      async (input, init) => {
        const body = await bodyOf(input, init)
        return record(
          body,
          async () => withoutVainRetry(await inner(input, init), endsAt, clock.now()),
          ({ status, headers }) => ({
            status,
            requestId: requestIdHeaders.map((name) => headers.get(name)).find(Boolean) ?? null,
          }),
        )
      },
  }
}

const unseen = { status: null, requestId: null }

async function bodyOf(
  input: string | URL | Request,
  init: RequestInit | undefined,
): Promise<object> {
  const text =
    typeof init?.body === 'string'
      ? init.body
      : input instanceof Request
        ? await input.clone().text()
        : '{}'
  const body: unknown = parseJson(text || '{}')
  return typeof body === 'object' && body !== null ? body : {}
}
