import { LoopError, type LoopStore } from '@loop-engine/core'

/** Where a call fails: the store never saw it, or it did all of it and the answer was lost. */
export type Fault = 'before' | 'after'

/** A store whose n-th call fails; counts the calls, so that a test can fail each of them in turn. */
export interface FaultyStore {
  readonly store: LoopStore
  readonly calls: () => number
  readonly failed: () => string | undefined
}

/** One proxy over the whole contract: a method that is added later is covered without being named here. */
export function createFaultyStore(inner: LoopStore, failAt: number, fault: Fault): FaultyStore {
  let calls = 0
  let failed: string | undefined
  const lost = (name: string): LoopError => {
    failed = name
    return fault === 'before'
      ? new LoopError('unavailable', 'The store was not reached.', { retryable: true })
      : new LoopError('unknown_outcome', 'The answer of the store was lost.', { retryable: true })
  }
  const store = new Proxy(inner, {
    get(target, name, receiver) {
      const method: unknown = Reflect.get(target, name, receiver)
      if (typeof method !== 'function' || name === 'close' || name === 'open') return method
      return async (...args: unknown[]): Promise<unknown> => {
        const mine = ++calls
        if (mine === failAt && fault === 'before') throw lost(String(name))
        const answer: unknown = await Reflect.apply(method, target, args)
        if (mine === failAt) throw lost(String(name))
        return answer
      }
    },
  })
  return { store, calls: () => calls, failed: () => failed }
}
