import { LoopError, type LoopStore } from '@loop-engine/core'

/** How a call fails: the store never saw it, it did all of it and the answer was lost, or nothing is ever heard of it. */
export type Fault = 'before' | 'after' | 'hang'

/** A store some of whose calls fail, by their number; counts them, so that a test can fail each in turn. */
export interface FaultyStore {
  readonly store: LoopStore
  /** The same data without faults. */
  readonly inner: LoopStore
  readonly calls: () => number
  /** What happened so far, and to which method. */
  readonly fates: () => readonly { readonly fault: Fault; readonly method: string }[]
  /** Resolves when a call hangs. */
  readonly hung: Promise<void>
  /** Lets what hangs reach the store after all: the packet that arrives when everybody has given it up. */
  wake(): void
}

/** One proxy over the whole contract: a method that is added later is covered without being named here. */
export function createFaultyStore(inner: LoopStore, plan: ReadonlyMap<number, Fault>): FaultyStore {
  let calls = 0
  const fates: { fault: Fault; method: string }[] = []
  const hanging = Promise.withResolvers<void>()
  const woken = Promise.withResolvers<void>()
  const store = new Proxy(inner, {
    get(target, name, receiver) {
      const method: unknown = Reflect.get(target, name, receiver)
      if (typeof method !== 'function' || name === 'close' || name === 'open') return method
      return async (...args: unknown[]): Promise<unknown> => {
        const fault = plan.get(++calls)
        if (fault) fates.push({ fault, method: String(name) })
        if (fault === 'before')
          throw new LoopError('unavailable', 'The store was not reached.', { retryable: true })
        if (fault === 'hang') {
          hanging.resolve()
          await woken.promise
        }
        const answer: unknown = await Reflect.apply(method, target, args)
        if (fault === 'after')
          throw new LoopError('unknown_outcome', 'The answer of the store was lost.', {
            retryable: true,
          })
        return answer
      }
    },
  })
  return {
    store,
    inner,
    calls: () => calls,
    fates: () => fates,
    hung: hanging.promise,
    wake: woken.resolve,
  }
}
