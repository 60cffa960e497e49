/** How long the reads of one turn of the event loop may take together. */
const turnMs = 20

/**
 * Makes long reads yield to the event loop. A read never waits for anything, so reading page after page would block timers,
 * connections and signals. Returns a promise for the next turn if the reads of this turn took their time already.
 */
export function createTurns(): () => Promise<void> | undefined {
  let began: number | null = null
  return () => {
    if (began !== null) {
      if (performance.now() - began < turnMs) return undefined
      return new Promise((resolve) => setImmediate(resolve))
    }
    began = performance.now()
    setImmediate(() => {
      began = null
    })
    return undefined
  }
}
