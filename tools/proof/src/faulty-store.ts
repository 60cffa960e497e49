import { LoopError, type LoopStore } from '@loop-engine/core'

/** How a call fails: it never reaches the store, its answer is lost, or it hangs. */
export type Fault = 'before' | 'after' | 'hang'

/**
 * A store in which the calls with certain numbers fail. It counts its calls, so that a test can let each fail in turn.
 */
export interface FaultyStore {
  readonly store: LoopStore
  /** The same data without faults. */
  readonly inner: LoopStore
  readonly calls: () => number
  /** The faults so far, each with its method. */
  readonly fates: () => readonly { readonly fault: Fault; readonly method: string }[]
  /** Resolves when a call hangs. */
  readonly hung: Promise<void>
  /** Lets the hanging call reach the store after all, like a packet that arrives very late. */
  wake(): void
}

/** Wraps a store in a proxy, so that a method which is added to the contract later is covered too. */
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
