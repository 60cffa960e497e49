import type { Clock } from '@loop-engine/core'
import QuickLRU from 'quick-lru'

/** How much of a record was read so far. */
export interface Progress {
  readonly runs: number
  readonly entries: number
}

/** The result for a record as it was at `at`, or how much of it was read so far. */
type Shared<Result> = { readonly at: number } & (
  | { readonly result: Result }
  | { readonly progress: Progress }
)

export interface SharedWork<Result> {
  /**
   * Calls `make`, or shares the call of another caller with the same key that is under way or just done. Work that takes
   * longer than `patienceMs` goes on in the background, and the caller is told its progress; asking again gives the result,
   * or the progress by then.
   */
  of(
    key: readonly unknown[],
    make: (onProgress: (progress: Progress) => void) => Promise<Result>,
  ): Promise<Shared<Result>>
}

export interface SharedWorkOptions {
  readonly clock: Clock
  /** For how long a result is handed out after it was made. */
  readonly freshMs: number
  /** For how long a caller is kept waiting. */
  readonly patienceMs: number
}

interface Work<Result> {
  readonly at: number
  readonly made: Promise<{ readonly result: Result }>
  readonly progress: () => Progress
  doneAt: number | null
  /** Whether a caller was told to ask again. */
  isAwaited: boolean
}

/** For how long a result is kept for a caller who was told to ask again. */
const awaitedMs = 60_000

/** Reading a whole record is expensive, so callers who ask for the same share one reading. */
export function createSharedWork<Result>({
  clock,
  freshMs,
  patienceMs,
}: SharedWorkOptions): SharedWork<Result> {
  const works = new QuickLRU<string, Work<Result>>({ maxSize: 1000 })

  function isFresh({ doneAt, isAwaited }: Work<Result>): boolean {
    if (doneAt === null) return true
    // If the clock went back, the age is negative, and the result does not count as fresh.
    const ageMs = clock.now() - doneAt
    return ageMs >= 0 && ageMs < (isAwaited ? awaitedMs : freshMs)
  }

  function begin(name: string, make: Parameters<SharedWork<Result>['of']>[1]): Work<Result> {
    let progress: Progress = { runs: 0, entries: 0 }
    const work: Work<Result> = {
      at: clock.now(),
      made: make((reached) => (progress = reached)).then((result) => ({ result })),
      progress: () => progress,
      doneAt: null,
      isAwaited: false,
    }
    works.set(name, work)
    const forget = (): void => void (works.get(name) === work && works.delete(name))
    work.made.then(() => (work.doneAt = clock.now()), forget)
    return work
  }

  return {
    async of(key, make) {
      const name = JSON.stringify(key)
      const before = works.get(name)
      const work = before && isFresh(before) ? before : begin(name, make)
      const over = new AbortController()
      const late = clock.sleep(patienceMs, over.signal).then(() => null)
      try {
        const made = await Promise.race([work.made, late])
        if (made) return { at: work.at, ...made }
        work.isAwaited = true
        return { at: work.at, progress: work.progress() }
      } finally {
        over.abort('answered')
      }
    },
  }
}
