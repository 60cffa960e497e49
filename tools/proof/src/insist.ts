import { isLoopError } from '@loop-engine/core'

/** Repeats a call with the same key, as a client does that does not know the outcome of its call. */
export async function insist<T>(call: () => Promise<T>, most = 5): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await call()
    } catch (error) {
      if (tries > most || !isLoopError(error) || !error.retryable) throw error
    }
  }
}
