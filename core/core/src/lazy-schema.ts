import type { z } from 'zod'

import { loadLibrary } from './load-library.ts'

type Zod = typeof z

/**
 * Defers `build` until its result is first used, because zod takes longer to load than the rest of the engine and valid
 * input is read without it. zod is loaded with `require`, since callers cannot wait for an import; its schemas and those of
 * a zod that the program imports work together.
 */
export function withZod<Made>(build: (zod: Zod) => Made): () => Made {
  let made: { readonly value: Made } | undefined
  return () => {
    made ??= { value: build((loadLibrary('zod', import.meta.url) as { readonly z: Zod }).z) }
    return made.value
  }
}

/** A stand-in for the schema that `get` returns: it calls `get` when it is first used. */
export function lazySchema<Schema extends object>(get: () => Schema): Schema {
  return new Proxy<object>(
    {},
    {
      get: (_, key) => Reflect.get(get(), key) as unknown,
      set: (_, key, value) => Reflect.set(get(), key, value),
      has: (_, key) => Reflect.has(get(), key),
      ownKeys: () => Reflect.ownKeys(get()),
      getPrototypeOf: () => Reflect.getPrototypeOf(get()),
      // A proxy may not report a fixed property that its own target, which is empty, does not have.
      getOwnPropertyDescriptor: (_, key) => {
        const property = Reflect.getOwnPropertyDescriptor(get(), key)
        return property && { ...property, configurable: true }
      },
    },
  ) as Schema
}
