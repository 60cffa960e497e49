import { createRequire } from 'node:module'

import type * as JsonSchema from '@cfworker/json-schema'
import type * as Cel from '@marcbachmann/cel-js'

// What only some loops use, loaded by the first that does. `require` is what loads at once, so that an expression can
// be compiled without waiting.

export function loadCel(): typeof Cel {
  return createRequire(import.meta.url)('@marcbachmann/cel-js') as typeof Cel
}

export function loadJsonSchema(): typeof JsonSchema {
  return createRequire(import.meta.url)('@cfworker/json-schema') as typeof JsonSchema
}
