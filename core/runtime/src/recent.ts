/** Remembers what was used of late. */
export interface Recent<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  delete(key: string): void
}

/**
 * Keeps the `count` values used last for certain, and never twice as many: two generations, of which the old one is
 * dropped when the young one is full. A hit on the young one moves nothing.
 */
export function createRecent<Value>(count: number): Recent<Value> {
  let young = new Map<string, Value>()
  let old = new Map<string, Value>()

  const set = (key: string, value: Value): void => {
    young.set(key, value)
    if (young.size < count) return
    old = young
    young = new Map()
  }
  return {
    get(key) {
      const value = young.get(key)
      if (value !== undefined) return value
      const older = old.get(key)
      if (older !== undefined) set(key, older)
      return older
    },
    set,
    delete(key) {
      young.delete(key)
      old.delete(key)
    },
  }
}
