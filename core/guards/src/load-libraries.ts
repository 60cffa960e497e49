import type * as JsonSchema from '@cfworker/json-schema'
import { loadLibrary } from '@loop-engine/core'
import type * as Cel from '@marcbachmann/cel-js'

// What only some loops use, loaded by the first that does. `require` is what loads at once, so that an expression can
// be compiled without waiting.

export function loadCel(): typeof Cel {
  return loadLibrary('@marcbachmann/cel-js', import.meta.url) as typeof Cel
}

export function loadJsonSchema(): typeof JsonSchema {
  return loadLibrary('@cfworker/json-schema', import.meta.url) as typeof JsonSchema
}
