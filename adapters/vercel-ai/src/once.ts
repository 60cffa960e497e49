/** Shares one run of `work` among all callers. After a failure the next call runs it again. */
export function once<Value>(work: () => Promise<Value>): () => Promise<Value> {
  let begun: Promise<Value> | undefined
  return () => {
    if (begun) return begun
    begun = work()
    // Callers see a failure on the promise that they were given; one that nobody awaits must not end the process.
    begun.catch(() => {
      begun = undefined
    })
    return begun
  }
}
