import { loadLibrary } from '@loop-engine/core'
import type * as Levenshtein from 'fastest-levenshtein'
import type * as Yaml from 'yaml'
import type { z } from 'zod'

// What a program that builds its loops in TypeScript, and builds them right, never needs. `require` is what loads at
// once, so that a loop can be read without waiting.

export function loadYaml(): typeof Yaml {
  return loadLibrary('yaml', import.meta.url) as typeof Yaml
}

export function loadLevenshtein(): typeof Levenshtein {
  return loadLibrary('fastest-levenshtein', import.meta.url) as typeof Levenshtein
}

export function loadZod(): typeof z {
  return (loadLibrary('zod', import.meta.url) as { readonly z: typeof z }).z
}
