import type { Clock } from '@loop-engine/core'

/** Remembers by key what was made, for a while: a repeated delivery joins the first one. */
export interface Recent<Value> {
  /** The value of this key; made when there is none. A failure is not remembered. */
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

  /** Entries stand in the order of their age. Of a clock that was set back far, what is to come is as old as what is past. */
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
