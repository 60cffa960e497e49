/** How long the reads of one turn of the event loop may take together. */
const turnMs = 20

/**
 * A read answers without waiting for anything, so that who reads page after page would go on before timers, connections
 * and signals. Returns what ends with the turn when the reads of it took their time already.
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
