import type { Clock } from '@loop-engine/core'

/** Remembers values by key for a while, so that a repeated delivery shares the work of the first one. */
export interface Recent<Value> {
  /** The value of this key, made by `make` if there is none. A failure is not remembered. */
  take(
    key: string,
    make: () => Promise<Value>,
  ): { readonly value: Promise<Value>; readonly isFirst: boolean }
}

export interface RecentOptions {
  readonly clock: Clock
  readonly forMs: number
  readonly most?: number
}

export function createRecent<Value>({ clock, forMs, most = 10_000 }: RecentOptions): Recent<Value> {
  const known = new Map<string, { readonly at: number; readonly value: Promise<Value> }>()

  /** Drops old entries, oldest first. An entry far in the future, after the clock was set back, counts as old too. */
  const forget = (): void => {
    for (const [key, { at }] of known) {
      if (known.size < most && Math.abs(clock.now() - at) < forMs) return
      known.delete(key)
    }
  }

  return {
    take(key, make) {
      forget()
      const before = known.get(key)
      if (before) return { value: before.value, isFirst: false }
      const value = make()
      known.set(key, { at: clock.now(), value })
      value.catch(() => known.delete(key))
      return { value, isFirst: true }
    },
  }
}
