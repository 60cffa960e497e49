import { loadLibrary } from '@loop-engine/core'
import type * as Levenshtein from 'fastest-levenshtein'
import type * as Yaml from 'yaml'
import type { z } from 'zod'

// Libraries that a program whose loops are built in TypeScript, without a mistake, never needs. They are loaded by
// `require`, because it is synchronous: so is reading a loop.

export function loadYaml(): typeof Yaml {
  return loadLibrary('yaml', import.meta.url) as typeof Yaml
}

export function loadLevenshtein(): typeof Levenshtein {
  return loadLibrary('fastest-levenshtein', import.meta.url) as typeof Levenshtein
}

export function loadZod(): typeof z {
  return (loadLibrary('zod', import.meta.url) as { readonly z: typeof z }).z
}
