import type { z } from 'zod'

import { loadLibrary } from './load-library.ts'

type Zod = typeof z

/**
 * What `build` makes of zod, made when it is first asked for: zod takes longer to load than the rest of the engine, and
 * what is right is read by hand. It is loaded with `require`, since nobody can wait here for an import; a zod that a
 * program imports and this one take each other's schemas.
 */
export function withZod<Made>(build: (zod: Zod) => Made): () => Made {
  let made: { readonly value: Made } | undefined
  return () => {
    made ??= { value: build((loadLibrary('zod', import.meta.url) as { readonly z: Zod }).z) }
    return made.value
  }
}

/** A schema that stands in for the one that `get` returns, which it asks for when it is used. */
export function lazySchema<Schema extends object>(get: () => Schema): Schema {
  return new Proxy<object>(
    {},
    {
      get: (_, key) => Reflect.get(get(), key) as unknown,
      set: (_, key, value) => Reflect.set(get(), key, value),
      has: (_, key) => Reflect.has(get(), key),
      ownKeys: () => Reflect.ownKeys(get()),
      getPrototypeOf: () => Reflect.getPrototypeOf(get()),
      // The stand-in has no properties of its own, so that none may be said to be fixed.
      getOwnPropertyDescriptor: (_, key) => {
        const property = Reflect.getOwnPropertyDescriptor(get(), key)
        return property && { ...property, configurable: true }
      },
    },
  ) as Schema
}
