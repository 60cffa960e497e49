/**
 * Waits until all promises have ended; then gives their values, or throws the first failure. Unlike with `Promise.all`,
 * no work goes on behind the back of a caller who has heard of a failure.
 */
export async function allEnded<Value>(work: readonly Promise<Value>[]): Promise<Value[]> {
  const ends = await Promise.allSettled(work)
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason
    return end.value
  })
}
