import type { Clock } from '@loop-engine/core'
import QuickLRU from 'quick-lru'

export interface SharedWork<Result> {
  /** The result of `make`, or that of somebody who asked for the same while it was made or soon after. */
  of(key: readonly unknown[], make: () => Promise<Result>): Promise<Result>
}

interface Made<Result> {
  readonly at: number
  readonly result: Promise<Result>
  done: boolean
}

/** Reading a whole record is dear: who asks for the same at the same time waits for the same answer. */
export function createSharedWork<Result>(
  clock: Pick<Clock, 'now'>,
  freshMs: number,
): SharedWork<Result> {
  const made = new QuickLRU<string, Made<Result>>({ maxSize: 1000 })
  return {
    of(key, make) {
      const name = JSON.stringify(key)
      const before = made.get(name)
      // A clock that went back makes nothing fresh again.
      const ageMs = before ? clock.now() - before.at : 0
      if (before && (!before.done || (ageMs >= 0 && ageMs < freshMs))) return before.result
      const work: Made<Result> = { at: clock.now(), result: make(), done: false }
      made.set(name, work)
      const forget = (): void => void (made.get(name) === work && made.delete(name))
      work.result.then(() => (work.done = true), forget)
      return work.result
    },
  }
}
