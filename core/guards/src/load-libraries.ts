import type * as JsonSchema from '@cfworker/json-schema'
import { loadLibrary } from '@loop-engine/core'
import type * as Cel from '@marcbachmann/cel-js'

// Libraries that only some loops use; the first such loop loads them. `require` loads synchronously, so that an expression
// can be compiled without waiting.

export function loadCel(): typeof Cel {
  return loadLibrary('@marcbachmann/cel-js', import.meta.url) as typeof Cel
}

export function loadJsonSchema(): typeof JsonSchema {
  return loadLibrary('@cfworker/json-schema', import.meta.url) as typeof JsonSchema
}
