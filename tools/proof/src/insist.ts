import { isLoopError } from '@loop-engine/core'

/** Asks again with the same key, as a client does whose call has an outcome that it does not know. */
export async function insist<T>(call: () => Promise<T>, most = 5): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await call()
    } catch (error) {
      if (tries > most || !isLoopError(error) || !error.retryable) throw error
    }
  }
}
