/** Does pieces of work in turns: what comes while one turn runs is done together in the next. */
export interface Together<T> {
  /** Resolves when this piece was done. Rejects with its own fault alone; what is aborted while it waits is not begun. */
  add(piece: T, signal: AbortSignal): Promise<void>
}

interface Waiting<T> {
  readonly piece: T
  readonly signal: AbortSignal
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

/**
 * `work` never runs twice at once. When it fails for many and the fault may lie in some of them, `apart` says what tells
 * those from the others; each of them is then tried without the rest, so that what is bad fails nobody else's.
 */
export function createTogether<T>(
  work: (pieces: readonly T[]) => Promise<void>,
  apart: (error: unknown) => ((piece: T) => unknown) | undefined,
): Together<T> {
  let waiting: Waiting<T>[] = []
  let running = false

  async function turn(all: readonly Waiting<T>[]): Promise<void> {
    // Whoever gave one up may have handed it to somebody else: done now, it would come behind what followed it there.
    for (const { signal, failed } of all) if (signal.aborted) failed(signal.reason)
    const pieces = all.filter(({ signal }) => !signal.aborted)
    if (pieces.length === 0) return
    try {
      await work(pieces.map(({ piece }) => piece))
      for (const { done } of pieces) done()
    } catch (error) {
      const keyOf = apart(error)
      const groups = Map.groupBy(pieces, ({ piece }) => keyOf?.(piece))
      if (groups.size > 1) for (const group of groups.values()) await turn(group)
      else for (const { failed } of pieces) failed(error)
    }
  }

  async function run(): Promise<void> {
    running = true
    while (waiting.length > 0) {
      const pieces = waiting
      waiting = []
      await turn(pieces)
    }
    running = false
  }

  return {
    add(piece, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      waiting.push({ piece, signal, done: resolve, failed: reject })
      if (!running) void run()
      return promise
    },
  }
}
