import type { Clock } from '@loop-engine/core'
import QuickLRU from 'quick-lru'

/** How far the reading of a record is. */
export interface Progress {
  readonly runs: number
  readonly entries: number
}

/** What was made of a record as it stood at `at`, or how far it is. */
type Shared<Result> = { readonly at: number } & (
  | { readonly result: Result }
  | { readonly progress: Progress }
)

export interface SharedWork<Result> {
  /**
   * The result of `make`, or that of somebody who asked for the same while it was made or soon after. It goes on when it
   * takes longer than anybody is kept waiting: who asks again has it, or hears how far it is.
   */
  of(
    key: readonly unknown[],
    make: (onProgress: (progress: Progress) => void) => Promise<Result>,
  ): Promise<Shared<Result>>
}

export interface SharedWorkOptions {
  readonly clock: Clock
  /** How long a result is handed out. */
  readonly freshMs: number
  /** How long somebody is kept waiting. */
  readonly patienceMs: number
}

interface Work<Result> {
  readonly at: number
  readonly made: Promise<{ readonly result: Result }>
  readonly progress: () => Progress
  doneAt: number | null
  /** Somebody was told to ask again. */
  isAwaited: boolean
}

/** Whoever was told to ask again comes within this time. */
const awaitedMs = 60_000

/** Reading a whole record is dear: who asks for the same at the same time waits for the same answer. */
export function createSharedWork<Result>({
  clock,
  freshMs,
  patienceMs,
}: SharedWorkOptions): SharedWork<Result> {
  const works = new QuickLRU<string, Work<Result>>({ maxSize: 1000 })

  function isFresh({ doneAt, isAwaited }: Work<Result>): boolean {
    if (doneAt === null) return true
    // A clock that went back makes nothing fresh again.
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
