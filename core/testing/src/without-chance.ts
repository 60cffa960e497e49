/**
 * Runs a function that must depend on its input alone: while it runs, asking for the time, for a random number or for
 * the network throws. What the function does after it first waits is not watched.
 */
export function withoutChance<T>(act: () => T): T {
  const { Date: realDate } = globalThis
  const refuse = (): never => {
    throw new Error(
      'This code depends on something that is not in its input: the time, chance or the network.',
    )
  }
  const date = new Proxy(realDate, {
    construct: (target, args: unknown[]) =>
      args.length === 0 ? refuse() : (Reflect.construct(target, args) as Date),
    apply: refuse,
    get: (target, name) => (name === 'now' ? refuse : (Reflect.get(target, name) as unknown)),
  })
  const restore = [
    replace(globalThis, 'Date', date),
    replace(globalThis, 'fetch', refuse),
    replace(Math, 'random', refuse),
    replace(performance, 'now', refuse),
    replace(crypto, 'getRandomValues', refuse),
    replace(crypto, 'randomUUID', refuse),
  ]
  try {
    return act()
  } finally {
    for (const undo of restore) undo()
  }
}

/** Replaces a member, own or inherited. Returns a function that restores it. */
function replace(object: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(object, name)
  Object.defineProperty(object, name, { value, configurable: true, writable: true })
  return () => {
    if (before) Object.defineProperty(object, name, before)
    else Reflect.deleteProperty(object, name)
  }
}
