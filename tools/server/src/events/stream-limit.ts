/** Limits how many streams are open, for each credential and in all. */
export interface StreamLimit {
  /** Counts a stream and returns the function that ends its count; null if there are too many already. */
  enter(credential: string): (() => void) | null
}

export function createStreamLimit(perCredential: number, atAll: number): StreamLimit {
  const open = new Map<string, number>()
  let all = 0
  return {
    enter(credential) {
      const own = open.get(credential) ?? 0
      if (own >= perCredential || all >= atAll) return null
      open.set(credential, own + 1)
      all += 1
      return () => {
        all -= 1
        const left = (open.get(credential) ?? 1) - 1
        if (left > 0) open.set(credential, left)
        else open.delete(credential)
      }
    },
  }
}
