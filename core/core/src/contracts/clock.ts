/** Time as the engine sees it; a test or a simulation holds it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /**
   * Resolves after `ms`, or at once when `signal` aborts. Must not keep the process alive by itself. Abort with a reason:
   * the default reason is an error with a stack, which costs more than the sleep.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** The wall clock of this machine. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  // `setTimeout` of node:timers/promises makes an error for every sleep that ends early.
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const wake = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, Math.min(ms, 2_147_483_647)).unref()
      signal?.addEventListener('abort', wake)
    })
  },
})

/** Identifiers and salts as the engine sees them; a test or a simulation holds them. */
export interface Identifiers {
  /** A new globally unique id, sortable by time where possible. */
  id(): string
  /** 128 random bits as 32 hexadecimal digits. */
  salt(): string
}
