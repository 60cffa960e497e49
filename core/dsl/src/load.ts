import type * as Levenshtein from 'fastest-levenshtein'
import type * as Yaml from 'yaml'
import type { z } from 'zod'

// What a program that builds its loops in TypeScript, and builds them right, never needs. `require` is what loads at
// once, so that a loop can be read without waiting.

export function loadYaml(): typeof Yaml {
  return load('yaml') as typeof Yaml
}

export function loadLevenshtein(): typeof Levenshtein {
  return load('fastest-levenshtein') as typeof Levenshtein
}

export function loadZod(): typeof z {
  return (load('zod') as { readonly z: typeof z }).z
}

function load(name: string): unknown {
  return process.getBuiltinModule('node:module').createRequire(import.meta.url)(name)
}
