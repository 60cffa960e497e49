/** Does pieces of work in turns: pieces that are added while one turn runs are done together in the next. */
export interface Together<T> {
  /**
   * Resolves when this piece is done, and rejects only with its own fault. A piece that is aborted while it waits never
   * begins.
   */
  add(piece: T, signal: AbortSignal): Promise<void>
}

interface Waiting<T> {
  readonly piece: T
  readonly signal: AbortSignal
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

/**
 * `work` never runs twice at once. If it fails for several pieces, and only some may be at fault, `apart` returns a key
 * by which to group them. Each group is then tried alone, so that a bad piece fails no piece of another group.
 */
export function createTogether<T>(
  work: (pieces: readonly T[]) => Promise<void>,
  apart: (error: unknown) => ((piece: T) => unknown) | undefined,
): Together<T> {
  let waiting: Waiting<T>[] = []
  let running = false

  async function turn(all: readonly Waiting<T>[]): Promise<void> {
    // A caller that aborted a piece may have sent it elsewhere; done now, it would arrive after newer pieces there.
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
