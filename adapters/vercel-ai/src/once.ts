/** Does the work once, however often it is asked for; after a failure whoever asks next tries again. */
export function once<Value>(work: () => Promise<Value>): () => Promise<Value> {
  let begun: Promise<Value> | undefined
  return () => {
    if (begun) return begun
    begun = work()
    // Whoever waits for it hears of the failure as well; where nobody does, it ends no process.
    begun.catch(() => {
      begun = undefined
    })
    return begun
  }
}
