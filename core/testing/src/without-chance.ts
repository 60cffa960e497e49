/**
 * Runs something that must depend on its input alone: whoever asks for the time or for a random number
 * meanwhile gets an error. What it does after it first waits is not watched.
 */
export function withoutChance<T>(act: () => T): T {
  const { Date: realDate } = globalThis
  const { random } = Math
  const refuse = (): never => {
    throw new Error('It depends on something that is not in its input.')
  }
  globalThis.Date = new Proxy(realDate, {
    construct: (target, args: unknown[]) =>
      args.length === 0 ? refuse() : (Reflect.construct(target, args) as Date),
    apply: refuse,
    get: (target, name) => (name === 'now' ? refuse : (Reflect.get(target, name) as unknown)),
  })
  Math.random = refuse
  try {
    return act()
  } finally {
    globalThis.Date = realDate
    Math.random = random
  }
}
